#pragma once

/// \file
/// `/metrics` and `/health` for a server.
///
///     const auto show_metrics = [metrics](const http::Request&) {    // a MetricsService
///       MetricsPage page = metrics->export_metrics();
///       return http::Response{.content_type = std::string(page.content_type),
///                             .body = std::move(page.body)};
///     };
///     http::HealthChecks health;                                      // http_health.hpp
///     health.add(http::store_reads(store));
///     http::mount_endpoints(server, {.metrics = show_metrics, .health = &health});
///
/// Example: examples/metrics.cpp.

#include "eventcore/http_health.hpp"
#include "eventcore/http_server.hpp"

namespace eventcore::http {

/// What `mount_endpoints` serves.
struct Endpoints {
  Handler metrics = nullptr;             ///< `/metrics`, if given.
  const HealthChecks* health = nullptr;  ///< `/health…`, if given; must outlive the server.
};

/// Adds routes for `endpoints` to `server`. Requires: before `start`.
void mount_endpoints(Server& server, Endpoints endpoints);

}  // namespace eventcore::http
