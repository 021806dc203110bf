#pragma once

// The resource: which service, version and environment telemetry comes from.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/otlp/otlp_options.hpp"
#include "settings.hpp"

namespace eventcore::detail {

/// The attributes of this process, by key: telemetry.sdk.*, deployment.environment from
/// `ENVIRONMENT`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME`, then the options; the later win.
[[nodiscard]] std::vector<ResourceAttribute> resource_of(
    const OtlpOptions& options, const Environment& environment,
    const std::function<void(std::string_view)>& report);

/// Everything of a request before its items: resource and scope. What follows it are the elements
/// of `ScopeSpans.spans`, `ScopeMetrics.metrics` or `ScopeLogs.log_records`.
class RequestFrame {
 public:
  explicit RequestFrame(const std::vector<ResourceAttribute>& resource);

  /// A whole `Export...ServiceRequest` with `items`. The three signals number their fields alike.
  [[nodiscard]] std::string around(std::string_view items) const;

 private:
  std::string resource_;  // field 1 of Resource{Spans,Metrics,Logs}
  std::string scope_;     // field 1 of Scope{Spans,Metrics,Logs}
};

}  // namespace eventcore::detail
