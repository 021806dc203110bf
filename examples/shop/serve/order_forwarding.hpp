#pragma once

/// \file
/// `OrderForwarding`: hands orders on to another shop, within the trace of the request.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <eventcore/http_message.hpp>
#include <eventcore/result.hpp>

#include "load/http_client.hpp"

namespace shop {

/// Thread-safety: Thread-safe.
class OrderForwarding {
 public:
  /// Errors: InvalidArgument.
  [[nodiscard]] static eventcore::Result<std::unique_ptr<OrderForwarding>> to(
      const std::string& url);

  /// Sends `request`, a `POST`, to the other shop and returns its answer; 502 without one.
  /// Blocking: until it answers, see `HttpClient`.
  [[nodiscard]] eventcore::http::Response forward(const eventcore::http::Request& request);

 private:
  explicit OrderForwarding(HttpAddress address) : address_(std::move(address)) {}
  std::unique_ptr<HttpClient> take_client();

  const HttpAddress address_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpClient>> clients_;  // without a request
};

}  // namespace shop
