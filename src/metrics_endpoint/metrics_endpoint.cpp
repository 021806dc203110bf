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

http::Handler metrics_endpoint(std::shared_ptr<const MetricsService> metrics) {
  return [metrics = std::move(metrics)](const http::Request& request) {
    return metrics_response(metrics->export_metrics(scrape_request(request)));
  };
}

}  // namespace eventcore::observability
