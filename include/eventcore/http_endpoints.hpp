#pragma once

/// \file
/// `/metrics` and `/health` for a server.
///
///     http::HealthChecks health;                                      // http_health.hpp
///     health.add(http::store_reads(store));
///     http::mount_endpoints(server, {.metrics = observability::metrics_endpoint(metrics, &health),
///                                    .health = &health});
///
/// `metrics_endpoint` is in metrics_endpoint.hpp.
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
