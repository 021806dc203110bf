#pragma once

/// \file
/// `metrics_endpoint`: `/metrics` of a `MetricsService` on an `http::Server`.
///
///     http::Server server({.on_request = observability::count_requests(metrics)});
///     http::mount_endpoints(server, {.metrics = observability::metrics_endpoint(metrics)});
///
/// The only place that knows both; a server of another kind uses `metrics_handler`.
/// Example: examples/metrics.cpp.

#include <functional>
#include <memory>

#include "eventcore/http_health.hpp"
#include "eventcore/http_message.hpp"
#include "eventcore/http_server.hpp"
#include "eventcore/observability/metrics_page.hpp"
#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::observability {

/// What `request` asks for, by its headers and `name[]`. Ownership: views of `request`.
[[nodiscard]] ScrapeRequest scrape_request(const http::Request& request);

/// `page` as a response that caches keep apart by what was asked for.
[[nodiscard]] http::Response metrics_response(MetricsPage page);

/// A handler that answers with the pages of `metrics`; with the states of `health`, as they are
/// then, if it is not null. Ownership: keeps `metrics`; `health` must outlive the server.
[[nodiscard]] http::Handler metrics_endpoint(std::shared_ptr<MetricsService> metrics,
                                             const http::HealthChecks* health = nullptr);

/// Counts the requests of a server in `eventcore_http_requests_total`; for
/// `http::ServerOptions::on_request`. Ownership: keeps `metrics`.
[[nodiscard]] std::function<void(const http::RequestRecord&)> count_requests(
    std::shared_ptr<MetricsService> metrics);

}  // namespace eventcore::observability
