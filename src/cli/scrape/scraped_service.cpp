#include "scraped_service.hpp"

#include <cstdlib>
#include <utility>

#include "eventcore/clock.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/store_url.hpp"
#include "metrics_text.hpp"

namespace eventcore::cli {

using observability::MetricsSnapshot;

ScrapedService::ScrapedService(std::string url, HttpClientOptions options)
    : url_(std::move(url)), client_(std::make_unique<HttpClient>(std::move(options))) {}

Result<ScrapedService> ScrapedService::at(const std::string& url, HttpClientOptions options) {
  Result<std::string> whole = with_path(url, "/metrics");
  if (!whole) return whole.error();
  return ScrapedService(*std::move(whole), std::move(options));
}

Result<ServiceLook> ScrapedService::look(const std::stop_token& stop) {
  Result<HttpReply> reply = client_->get(url_, stop);
  if (!reply) return reply.error();
  const auto refused = [&](const std::string& why) {
    return make_error(ErrorCode::Unavailable, redact_secrets(url_) + ": " + why);
  };
  if (reply->status == 401 || reply->status == 403) {
    return refused("status " + std::to_string(reply->status) +
                   "; the service wants a token in EVENTCORE_TOKEN");
  }
  if (reply->status != 200) return refused("status " + std::to_string(reply->status));
  Result<MetricsSnapshot> metrics = parse_metrics_text(reply->body);
  if (!metrics) return refused(metrics.error().message);

  monitor::detail::Reading now = monitor::detail::reading_of(*metrics);
  now.at = system_clock().now();
  now.wall = system_clock().wall();
  const double started =
      metrics->value(observability::catalogue::kProcessStartTimeSeconds.name).value_or(0);
  ServiceLook look;
  if (before_) {
    look.was_restarted = started != started_ || now.commands < before_->commands;
    if (!look.was_restarted) look.window = monitor::detail::between(*before_, now);
  }
  before_ = std::move(now);
  started_ = started;
  look.metrics = *std::move(metrics);
  return look;
}

std::string token_of_environment() {
  const char* const token = std::getenv("EVENTCORE_TOKEN");
  return token == nullptr ? std::string() : std::string(token);
}

std::string operator_token_of_environment() {
  const char* const token = std::getenv("EVENTCORE_OPERATOR_TOKEN");
  return token == nullptr ? token_of_environment() : std::string(token);
}

}  // namespace eventcore::cli
