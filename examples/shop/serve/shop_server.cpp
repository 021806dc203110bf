#include "serve/shop_server.hpp"

#include <chrono>
#include <utility>

#include <eventcore/metrics_endpoint.hpp>
#include <eventcore/observability/instrumented_command_executor.hpp>
#include <eventcore/observability/instrumented_event_store.hpp>

namespace shop {

namespace {

using namespace std::chrono_literals;
using eventcore::Deadline;
using eventcore::Error;
using eventcore::Result;
using eventcore::observability::InstrumentedCommandExecutor;
using eventcore::observability::InstrumentedEventStore;
using eventcore::observability::MetricsService;
namespace http = eventcore::http;

/// `error` with the part of the server that it is about.
Error about(const std::string& what, Error error) {
  error.message = what + ": " + error.message;
  return error;
}

http::ServerOptions api_options(const ShopServerOptions& options,
                                const BusinessMetrics& business_metrics) {
  return {.listen = options.listen,
          // A handler waits until its events are durable, and all that wait together are stored
          // by one commit: the more of them, the more orders a second.
          .workers = 32,
          .on_request = [&business_metrics](const http::RequestRecord& record) {
            business_metrics.record_api_request(
                record.method ? http::to_string(*record.method) : "none",
                record.route.empty() ? "unmatched" : record.route, record.status, record.handling);
          }};
}

http::HealthResult check_store(eventcore::EventStore& store) {
  const auto page = store.read(eventcore::LogQuery{.events_max = 1}, Deadline::after(1s));
  if (page) return {};
  return {http::HealthStatus::Fail, std::string(to_string(page.error().code))};
}

}  // namespace

Result<std::unique_ptr<ShopServer>> ShopServer::listen(const ShopServerOptions& options) {
  auto metrics = std::make_shared<MetricsService>();
  auto business_metrics = BusinessMetrics::create(metrics->registry());
  if (!business_metrics) return about("metrics", business_metrics.error());
  auto url = eventcore::StoreUrl::parse(options.store);
  if (!url) return about("--store", url.error());

  std::unique_ptr<ShopServer> server(
      new ShopServer(options, *std::move(url), std::move(metrics), *business_metrics));
  if (auto taken = server->api_server_.listen(); !taken) return about("--listen", taken.error());
  if (auto taken = server->metrics_server_.listen(); !taken) {
    return about("--metrics-listen", taken.error());
  }
  return server;
}

ShopServer::ShopServer(const ShopServerOptions& options, eventcore::StoreUrl url,
                       std::shared_ptr<MetricsService> metrics,
                       const BusinessMetrics& business_metrics)
    : url_(std::move(url)),
      metrics_(std::move(metrics)),
      business_metrics_(business_metrics),
      api_server_(api_options(options, business_metrics_)),
      metrics_server_({.listen = options.metrics_listen}) {}

Result<void> ShopServer::serve() {
  auto store = eventcore::open_store(url_, {.probe = metrics_});
  if (!store) return about(url_.redacted(), store.error());
  store_ = std::make_unique<InstrumentedEventStore>(*std::move(store), metrics_);
  executor_ = std::make_unique<InstrumentedCommandExecutor>(*store_, metrics_);
  api_ = std::make_unique<ShopApi>(*store_, *executor_, business_metrics_);
  api_->mount(api_server_);
  mount_endpoints();
  if (auto started = api_server_.start(); !started) return about("--listen", started.error());
  if (auto started = metrics_server_.start(); !started) {
    return about("--metrics-listen", started.error());
  }
  return {};
}

void ShopServer::mount_endpoints() {
  health_.add("store", {.ready = true, .startup = true}, [this] { return check_store(*store_); });
  http::mount_endpoints(
      metrics_server_,
      {.metrics = eventcore::observability::metrics_endpoint(metrics_), .health = &health_});
}

ShopServer::~ShopServer() { ignore_error(stop(), "whoever wants to know calls stop"); }

Result<void> ShopServer::stop() {
  if (api_ == nullptr) return {};
  // Clients first, so that nothing new comes in; the store last, when nobody needs it any more.
  ignore_error(api_server_.stop(Deadline::after(10s)), "slow clients were cut off");
  ignore_error(executor_->shutdown(Deadline::after(10s)), "their clients are gone");
  ignore_error(metrics_server_.stop(Deadline::after(1s)), "slow scrapes were cut off");
  return store_->close(Deadline::after(30s));
}

}  // namespace shop
