#include "eventcore/metrics_endpoint.hpp"

#include <utility>

namespace eventcore::observability {

ScrapeRequest scrape_request(const http::Request& request) {
  return {.accept = request.header("Accept").value_or(""),
          .accept_encoding = request.header("Accept-Encoding").value_or(""),
          .names = request.query_parameters("name[]")};
}

http::Response metrics_response(MetricsPage page) {
  http::Response response{.content_type = std::string(page.content_type),
                          .body = std::move(page.body)};
  response.headers.push_back({"Vary", "Accept, Accept-Encoding"});
  if (!page.content_encoding.empty()) {
    response.headers.push_back({"Content-Encoding", std::string(page.content_encoding)});
  }
  return response;
}

http::Handler metrics_endpoint(std::shared_ptr<MetricsService> metrics,
                               const http::HealthChecks* health) {
  return [metrics = std::move(metrics), health](const http::Request& request) {
    if (health != nullptr) {
      for (const http::HealthReport& check : health->reports()) {
        metrics->update_health_status(check.name, 2 - static_cast<int>(check.result.status));
      }
    }
    return metrics_response(metrics->export_metrics(scrape_request(request)));
  };
}

std::function<void(const http::RequestRecord&)> count_requests(
    std::shared_ptr<MetricsService> metrics) {
  return [metrics = std::move(metrics)](const http::RequestRecord& record) {
    metrics->record_http_request(record.route, record.status);
  };
}

}  // namespace eventcore::observability
