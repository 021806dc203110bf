#pragma once

/// \file
/// `ReadModelApi`: questions to the shop's projections.
///
/// | request                      | answer                                        | parameters |
/// |------------------------------|-----------------------------------------------|------------------|
/// | `GET /customers/{id}/orders` | 200, 404: the newest first                    | `limit`
/// `before` | | `GET /stock`                 | 200: by product; `below`: what runs out       |
/// `limit` `start`  | | `GET /revenue`               | 200: `from` to `to` (days, UTC) of `country`
/// | `limit`          |
///
/// An answer has a `position`: every event up to there is in it, so it may be a moment old. Whoever
/// has written something asks with `after=` and the `position` of that answer, and reads it: the
/// question waits, at most five seconds (504). `next` is the address of the next page, if there is
/// one. Parameters that can't be read are refused (400); unknown ones too.

#include <chrono>

#include <eventcore/http_server.hpp>

#include "read_models/shop_read_models.hpp"

namespace shop {

/// Thread-safety: Thread-safe. Ownership: the read models must outlive it.
class ReadModelApi {
 public:
  using Request = eventcore::http::Request;
  using Response = eventcore::http::Response;

  /// `patience` is how long a question waits for its position.
  explicit ReadModelApi(ShopReadModels& models,
                        std::chrono::nanoseconds patience = std::chrono::seconds{5})
      : models_(models), patience_(patience) {}

  /// Adds the routes above to `server`, which must end before this object.
  void mount(eventcore::http::Server& server);

  [[nodiscard]] Response customer_orders(const Request& request);
  [[nodiscard]] Response stock(const Request& request);
  [[nodiscard]] Response revenue(const Request& request);

 private:
  ShopReadModels& models_;
  const std::chrono::nanoseconds patience_;
};

}  // namespace shop
