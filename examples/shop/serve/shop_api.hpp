#pragma once

/// \file
/// `ShopApi`: the shop's HTTP API.
///
/// | request                | answer                                                         |
/// |------------------------|----------------------------------------------------------------|
/// | `POST /customers`      | 201; 409 `already_registered`                                  |
/// | `POST /orders`         | 201, `Location`; 409 `out_of_stock`, `already_placed`          |
/// | `POST /returns`        | 201; 409 `already_returned`                                    |
/// | `POST /stock`          | 201                                                            |
/// | `GET /orders/{id}`     | 200, 404                                                       |
/// | `GET /products/{id}`   | 200, 404                                                       |
/// | `GET /reports/revenue` | 200                                                            |
///
/// A `POST` with an `Idempotency-Key` can be repeated after any failure: what was stored is found
/// by the key, and the answer is the first one with `Idempotency-Replayed: true`. `traceparent` and
/// `X-Correlation-Id` are stored with the events. Errors are problem documents; see problem.hpp.
/// A line costs at most 1,000,000,000 and codes have no control characters: 422 otherwise. What is
/// stored can always be reported: the sums of `GET /reports/revenue` have no limit.

#include <mutex>
#include <optional>
#include <variant>

#include <eventcore/command_executor.hpp>
#include <eventcore/event_store.hpp>
#include <eventcore/http_server.hpp>

#include "domain/product.hpp"
#include "report/sales_report.hpp"
#include "serve/business_metrics.hpp"
#include "serve/folded_streams.hpp"
#include "serve/order_forwarding.hpp"

namespace shop {

/// Thread-safety: Thread-safe. Ownership: everything given to it must outlive it.
/// Blocking: for the store, five seconds at most.
class ShopApi {
 public:
  using Request = eventcore::http::Request;
  using Response = eventcore::http::Response;

  ShopApi(eventcore::EventStore& store, eventcore::CommandExecutor& executor,
          const BusinessMetrics& metrics);

  /// Adds the routes above to `server`, which must end before this object. With `elsewhere`, orders
  /// are placed there.
  void mount(eventcore::http::Server& server, OrderForwarding* elsewhere = nullptr);

  [[nodiscard]] Response post_customer(const Request& request);
  [[nodiscard]] Response post_order(const Request& request);
  [[nodiscard]] Response post_return(const Request& request);
  [[nodiscard]] Response post_delivery(const Request& request);
  [[nodiscard]] Response read_order(const Request& request);
  [[nodiscard]] Response read_product(const Request& request);
  [[nodiscard]] Response read_revenue(const Request& request);

 private:
  template <class Command>
  std::variant<eventcore::ExecutionResult, Response> execute(const Request& request,
                                                             const Command& command);
  /// The answer if another request was stored under the key of this one.
  std::optional<Response> refuse_other_request(const Request& request,
                                               const eventcore::ExecutionResult& result);

  eventcore::EventStore& store_;
  eventcore::CommandExecutor& executor_;
  const BusinessMetrics& metrics_;
  FoldedStreams<Product> products_;

  std::mutex report_mutex_;
  SalesReport report_;  // guarded by report_mutex_
};

}  // namespace shop
