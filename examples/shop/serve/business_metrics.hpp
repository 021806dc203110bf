#pragma once

/// \file
/// `BusinessMetrics`: what the shop itself counts, beside EventCore's own metrics.
///
/// An application's metrics are described as EventCore's are and live in the same registry, so one
/// page at `/metrics` shows both. Only what was stored now is recorded: a refused or repeated
/// request adds nothing.

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include <eventcore/http_server.hpp>
#include <eventcore/observability/metric_registry.hpp>
#include <eventcore/result.hpp>

namespace shop {

/// Thread-safety: Thread-safe. Ownership: must not outlive its registry.
class BusinessMetrics {
 public:
  /// Errors: InvalidArgument (the registry has other metrics with these names).
  [[nodiscard]] static eventcore::Result<BusinessMetrics> create(
      eventcore::observability::MetricRegistry& registry);

  void record_user_registration() const noexcept { user_registrations_.increment(); }
  void record_order_placed(double value_dollars) const noexcept {
    order_value_.record(value_dollars);
  }
  /// `endpoint` is the template of a route, such as `/orders/{id}`: a raw path would make a series
  /// for each order. `method` is one that the shop knows.
  void record_api_request(std::string_view method, std::string_view endpoint, unsigned status,
                          std::chrono::nanoseconds duration) const;

 private:
  using Counter = eventcore::observability::Counter;
  using Histogram = eventcore::observability::Histogram;
  using Requests = eventcore::observability::DynamicFamily<Counter, 3>;
  using Durations =
      eventcore::observability::DynamicFamily<eventcore::observability::DurationHistogram, 2>;

  BusinessMetrics(Counter user_registrations, Histogram order_value, Requests requests,
                  Durations durations)
      : user_registrations_(user_registrations),
        order_value_(order_value),
        requests_(requests),
        durations_(durations) {}

  Counter user_registrations_;
  Histogram order_value_;
  Requests requests_;
  Durations durations_;
};

/// One of a server's connection figures, with the label `server`.
struct ConnectionMetric {
  eventcore::observability::MetricDescription description;
  std::uint64_t eventcore::http::ServerStats::*value;
};

/// What the shop shows of `http::Server::stats`.
[[nodiscard]] std::span<const ConnectionMetric> connection_metrics();

}  // namespace shop
