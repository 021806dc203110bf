#pragma once

/// \file
/// `metrics_endpoint`: `/metrics` of a `MetricsService` on an `http::Server`.
///
///     http::mount_endpoints(server, {.metrics = observability::metrics_endpoint(metrics)});
///
/// The only place that knows both; a server of another kind uses `metrics_handler`.
/// Example: examples/metrics.cpp.

#include <memory>

#include "eventcore/http_message.hpp"
#include "eventcore/http_server.hpp"
#include "eventcore/observability/metrics_page.hpp"
#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::observability {

/// What `request` asks for, by its headers and `name[]`. Ownership: views of `request`.
[[nodiscard]] ScrapeRequest scrape_request(const http::Request& request);

/// `page` as a response that caches keep apart by what was asked for.
[[nodiscard]] http::Response metrics_response(MetricsPage page);

/// A handler that answers with the pages of `metrics`. Ownership: keeps `metrics`.
[[nodiscard]] http::Handler metrics_endpoint(std::shared_ptr<const MetricsService> metrics);

}  // namespace eventcore::observability
