#pragma once

/// \file
/// `ScrapedService` looks at a running service through its `/metrics`.

#include <optional>
#include <stop_token>
#include <string>

#include "../../monitor/instruments.hpp"
#include "eventcore/monitor/performance_snapshot.hpp"
#include "eventcore/observability/metrics_snapshot.hpp"
#include "eventcore/result.hpp"
#include "http_client.hpp"

namespace eventcore::cli {

/// One look.
struct ServiceLook {
  observability::MetricsSnapshot metrics;
  /// What happened since the look before; nothing at the first one, and when the process was
  /// started anew meanwhile.
  std::optional<monitor::PerformanceSnapshot> window;
  bool was_restarted = false;
};

/// Thread-safety: One thread at a time.
class ScrapedService {
 public:
  /// Errors: InvalidArgument (bad URL). `url` may leave out `/metrics`.
  [[nodiscard]] static Result<ScrapedService> at(const std::string& url,
                                                 HttpClientOptions options = {});

  /// Blocking: as `HttpClient::get`. Errors: those; Unavailable (another answer than metrics).
  [[nodiscard]] Result<ServiceLook> look(const std::stop_token& stop);
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

 private:
  ScrapedService(std::string url, HttpClientOptions options);

  std::string url_;
  std::unique_ptr<HttpClient> client_;
  std::optional<monitor::detail::Reading> before_;
  double started_ = 0;
};

/// The token for services that ask for one: the variable `EVENTCORE_TOKEN`, or empty.
[[nodiscard]] std::string token_of_environment();
/// The one for what not everybody may see: `EVENTCORE_OPERATOR_TOKEN`, else as above.
[[nodiscard]] std::string operator_token_of_environment();

}  // namespace eventcore::cli
