#include "serve/shop_server.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include <eventcore/log_metrics.hpp>
#include <eventcore/logging/logging.hpp>
#include <eventcore/logging/logging_probe.hpp>
#include <eventcore/metrics_endpoint.hpp>

#include <eventcore/monitor/monitor_metrics.hpp>
#include <eventcore/observability/instrumented_command_executor.hpp>
#include <eventcore/observability/instrumented_event_store.hpp>
#include <eventcore/otlp/init_tracing.hpp>
#include <eventcore/otlp/telemetry_metrics.hpp>
#include <eventcore/tracing/tracing_probe.hpp>

#include "read_models/read_model_schema.hpp"
#include "telemetry.hpp"

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

constexpr std::string_view kStartedCheck = "shop:started";
constexpr std::string_view kReadModelsCheck = "shop:read_models";
constexpr std::chrono::seconds kCanaryPatience = 2s;  // for writing its event, and for reading it

/// `error` with the part of the server that it is about.
Error about(const std::string& what, Error error) {
  error.message = what + ": " + error.message;
  return error;
}

/// The store by OpenTelemetry's names.
std::string db_system(const eventcore::StoreUrl& url) {
  switch (url.backend()) {
    case eventcore::StoreUrl::Backend::Sqlite:
      return "sqlite";
    case eventcore::StoreUrl::Backend::Postgres:
      return "postgresql";
    case eventcore::StoreUrl::Backend::Memory:
      break;
  }
  return "memory";
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

}  // namespace

Result<std::unique_ptr<ShopServer>> ShopServer::listen(const ShopServerOptions& options) {
  auto metrics = std::make_shared<MetricsService>();
  auto business_metrics = BusinessMetrics::create(metrics->registry());
  if (!business_metrics) return about("metrics", business_metrics.error());
  auto url = eventcore::StoreUrl::parse(options.store);
  if (!url) return about("--store", url.error());
  if (options.read_models == ShopServerOptions::kInDatabase &&
      url->backend() != eventcore::StoreUrl::Backend::Postgres) {
    return about("--read-models", eventcore::make_error(eventcore::ErrorCode::InvalidArgument,
                                                        "the store is not in PostgreSQL"));
  }

  std::unique_ptr<OrderForwarding> forwarding;
  if (!options.orders_to.empty()) {
    auto other = OrderForwarding::to(options.orders_to);
    if (!other) return about("--orders-to", other.error());
    forwarding = *std::move(other);
  }

  std::unique_ptr<Faults> faults;
  if (options.faults) {
    auto opened = Faults::open(*options.faults, *url);
    if (!opened) return about("--fault", opened.error());
    faults = *std::move(opened);
    url = faults->url();
  }

  std::optional<eventcore::monitor::Baseline> baseline;
  if (!options.baseline.empty()) {
    auto read = eventcore::monitor::read_baseline(options.baseline);
    if (!read) return about("--baseline", read.error());
    baseline = *std::move(read);
  }

  auto access = open_access(options.console, options.metrics_listen);
  if (!access) return access.error();

  std::unique_ptr<ShopServer> server(new ShopServer(options, *std::move(url), std::move(metrics),
                                                    *business_metrics, std::move(faults),
                                                    std::move(baseline), *std::move(access)));
  server->forwarding_ = std::move(forwarding);
  if (auto taken = server->api_server_.listen(); !taken) return about("--listen", taken.error());
  if (auto taken = server->metrics_server_.listen(); !taken) {
    return about("--metrics-listen", taken.error());
  }
  return server;
}

ShopServer::ShopServer(const ShopServerOptions& options, eventcore::StoreUrl url,
                       std::shared_ptr<MetricsService> metrics,
                       const BusinessMetrics& business_metrics, std::unique_ptr<Faults> faults,
                       std::optional<eventcore::monitor::Baseline> baseline,
                       std::shared_ptr<const http::AccessPolicy> access)
    : url_(std::move(url)),
      disk_(options.disk),
      read_models_path_(options.read_models),
      lease_(options.lease),
      canary_period_(options.canary),
      flight_recorder_path_(options.flight_recorder),
      metrics_(std::move(metrics)),
      business_metrics_(business_metrics),
      monitor_(std::make_shared<eventcore::monitor::PerformanceMonitor>(metrics_)),
      faults_(std::move(faults)),
      logs_(options.logs),
      api_server_(api_options(options, business_metrics_)),
      health_({.description = "An order service"}),
      access_(std::move(access)),
      show_payloads_(options.console.show_payloads),
      metrics_server_(
          {.listen = options.metrics_listen,
           // Questions to the store must not keep a scraper waiting.
           .workers = 6,
           .guard = [this](const http::Request& request) { return (*access_)(request); },
           .on_request = eventcore::observability::count_requests(metrics_)}) {
  if (baseline) {
    baseline_ = std::make_shared<eventcore::monitor::BaselineWatch>(monitor_, *std::move(baseline));
  }
  if (wants_console(options.console, *access_)) mount_console();
}

void ShopServer::mount_console() {
  recorder_ = std::make_shared<eventcore::monitor::FlightRecorder>();
  console_ = make_console({.title = "eventcore-shop",
                           .metrics = metrics_,
                           .monitor = monitor_,
                           .recorder = recorder_,
                           .baseline = baseline_,
                           .health = &health_,
                           .show_payloads = show_payloads_,
                           .access = access_});
  console_->mount(metrics_server_);
}

Result<void> ShopServer::serve() {
  // First, so that probes are answered while a large store is opened.
  mount_endpoints();
  show_connections();
  show_log();
  start_monitor();
  if (auto started = start_recorder(); !started) {
    return about("--flight-recorder", started.error());
  }
  if (auto shown = show_deviation(); !shown) return about("--baseline", shown.error());
  if (auto started = metrics_server_.start(); !started) {
    return about("--metrics-listen", started.error());
  }
  if (console_) console_->start();
  const auto log = std::make_shared<eventcore::LoggingProbe>();
  const auto tracing = eventcore::tracing_probe({.db_system = db_system(url_)});
  auto store = eventcore::open_store(url_, {.probe = eventcore::combine({metrics_, log, tracing})});
  if (!store) return about(url_.redacted(), store.error());
  eventcore::EventStore& plain_store = **store;
  if (faults_) store = faults_->wrap(*std::move(store));
  store_ = std::make_unique<InstrumentedEventStore>(*std::move(store), metrics_);
  executor_ = std::make_unique<InstrumentedCommandExecutor>(
      *store_, metrics_,
      eventcore::CommandExecutorOptions{
          // Where a slow command lost its time is what somebody asks the recorder for.
          .phase_timing =
              recorder_ ? eventcore::PhaseTiming::Always : eventcore::PhaseTiming::Sampled,
          .probe = eventcore::combine({log, tracing, recorder_})});
  api_ = std::make_unique<ShopApi>(*store_, *executor_, business_metrics_);
  api_->mount(api_server_, forwarding_.get());
  if (auto started = start_read_models(); !started) return about("read models", started.error());
  if (console_) show_store(plain_store);
  if (auto started = start_export(); !started) return about("OpenTelemetry", started.error());
  if (faults_) {
    faults_->mount(api_server_);
    if (auto begun = faults_->begin(*store_); !begun) return about("--fault", begun.error());
  }
  if (auto started = api_server_.start(); !started) return about("--listen", started.error());
  if (auto started = start_canary(); !started) return about("--canary", started.error());
  check_store(plain_store);
  health_.add(http::server_loop(api_server_));
  is_started_ = true;
  health_.run_now(kStartedCheck);
  return {};
}

void ShopServer::show_store(eventcore::EventStore& store) {
  for (const auto& model : read_models_->all()) console_->watch(model->runner());
  console_->attach(store);
}

void ShopServer::check_store(eventcore::EventStore& store) {
  health_.add(http::store_reads(store));
  health_.add(http::store_appends(store));
  health_.add(http::store_schema(store));
  health_.add({.name = std::string(kReadModelsCheck), .scope = {.ready = true}, .run = [this] {
                 return check_read_models();
               }});
  health_.add(
      http::nothing_lost("log:records", [] { return eventcore::log_stats().dropped_in_all(); }));
  health_.add(http::nothing_lost("otlp:spans", [] {
    const eventcore::TracingStats stats = eventcore::tracing_stats();
    return stats.tracer.dropped + stats.otlp.dropped();
  }));
  if (url_.backend() != eventcore::StoreUrl::Backend::Sqlite) return;
  const std::filesystem::path folder = url_.path().parent_path();
  health_.add(http::disk_free(folder.empty() ? "." : folder, disk_));
}

Result<std::unique_ptr<ReadModelPlace>> ShopServer::open_place() {
  using Place = std::unique_ptr<ReadModelPlace>;
  if (read_models_path_ == ShopServerOptions::kInDatabase) {
    auto schema = ReadModelSchema::open(url_);
    if (!schema) return schema.error();
    return Place(*std::move(schema));
  }
  auto folder = open_folder();
  if (!folder) return folder.error();
  return Place(std::make_unique<ReadModelFolder>(*std::move(folder)));
}

Result<ReadModelFolder> ShopServer::open_folder() {
  if (!read_models_path_.empty()) return ReadModelFolder::open(read_models_path_);
  switch (url_.backend()) {
    case eventcore::StoreUrl::Backend::Memory:
      return ReadModelFolder::temporary();
    case eventcore::StoreUrl::Backend::Sqlite:
      return ReadModelFolder::open(url_.path().string() + "-read-models");
    case eventcore::StoreUrl::Backend::Postgres:
      break;
  }
  const auto log = store_->projections().log_id();
  if (!log) return log.error();
  return ReadModelFolder::open("shop-read-models-" + log->to_string());
}

Result<void> ShopServer::start_read_models() {
  auto place = open_place();
  if (!place) return place.error();
  eventcore::ProjectionRunnerOptions options;
  options.lease = lease_;
  options.probe = eventcore::combine(std::vector<std::shared_ptr<eventcore::ProjectionProbe>>{
      metrics_, std::make_shared<eventcore::LoggingProjectionProbe>(),
      eventcore::tracing_projection_probe(), faults_ ? faults_->projection_probe() : nullptr});
  auto models = ShopReadModels::open(*store_, *std::move(place), options);
  if (!models) return models.error();
  read_models_ = *std::move(models);
  for (const auto& model : read_models_->all()) {
    watches_.push_back(metrics_->watch(model->runner()));
  }
  read_model_api_ = std::make_unique<ReadModelApi>(*read_models_);
  read_model_api_->mount(api_server_);
  read_models_->start();
  return {};
}

http::HealthResult ShopServer::check_read_models() {
  for (const auto& model : read_models_->all()) {
    const eventcore::ProjectionStatus status = model->runner().status();
    if (status.state != eventcore::ProjectionState::Faulted &&
        status.state != eventcore::ProjectionState::Retrying) {
      continue;
    }
    // The shop sells all the same.
    return {.status = http::HealthStatus::Warn,
            .output = model->runner().projector().key() + " is " +
                      std::string(to_string(status.state)) + ": " + status.last_error};
  }
  return {};
}

void ShopServer::mount_endpoints() {
  const auto check_start = [this]() -> http::HealthResult {
    if (is_started_) return {};
    return {.status = http::HealthStatus::Fail, .output = "the store is being opened"};
  };
  health_.add({.name = std::string(kStartedCheck),
               .scope = {.ready = true, .startup = true},
               .run = check_start});
  http::mount_endpoints(metrics_server_,
                        {.metrics = eventcore::observability::metrics_endpoint(metrics_, &health_),
                         .health = &health_});
}

void ShopServer::keep(Result<std::vector<eventcore::observability::ObserverRegistration>> shown) {
  if (!shown) return;
  for (auto& observer : *shown) observers_.push_back(std::move(observer));
}

void ShopServer::show_log() {
  // Another server of this process may show it already.
  keep(eventcore::observability::show_log(metrics_->registry()));
}

Result<void> ShopServer::start_export() {
  auto sending = send_metrics(metrics_);
  if (!sending) return sending.error();
  metrics_exporter_ = *std::move(sending);
  std::vector<eventcore::observability::ShownExporter> exporters;
  if (metrics_exporter_) {
    exporters.push_back(
        {eventcore::OtlpSignal::Metrics, [this] { return metrics_exporter_->stats(); }});
  }
  if (logs_) exporters.push_back({eventcore::OtlpSignal::Logs, [this] { return logs_->stats(); }});
  keep(eventcore::observability::show_telemetry(metrics_->registry(), std::move(exporters)));
  return {};
}

void ShopServer::start_monitor() {
  keep(eventcore::monitor::show_monitor(metrics_->registry(), monitor_));
  monitor_->start();
}

Result<void> ShopServer::start_recorder() {
  if (flight_recorder_path_.empty()) return {};
  if (!recorder_) recorder_ = std::make_shared<eventcore::monitor::FlightRecorder>();
  auto dump = eventcore::monitor::FatalSignalDump::install(recorder_, flight_recorder_path_);
  if (!dump) {
    return eventcore::make_error(eventcore::ErrorCode::InvalidArgument, dump.error().message);
  }
  dump_ = *std::move(dump);
  return {};
}

Result<void> ShopServer::show_deviation() {
  if (baseline_ == nullptr) return {};
  auto shown = eventcore::monitor::show_baseline(metrics_->registry(), baseline_);
  if (!shown) return shown.error();
  keep(std::move(shown));
  return {};
}

Result<void> ShopServer::start_canary() {
  if (canary_period_.count() == 0) return {};
  // A flight under way is part of the time that stopping takes.
  auto canary = eventcore::observability::Canary::open(
      *store_, metrics_, {.period = canary_period_, .patience = kCanaryPatience});
  if (!canary) return canary.error();
  canary_ = *std::move(canary);
  for (const auto& model : read_models_->all()) canary_->watch(model->runner());
  canary_->start();
  return {};
}

void ShopServer::show_connections() {
  for (const ConnectionMetric& metric : connection_metrics()) {
    auto observer = metrics_->registry().observe(
        metric.description, [this, value = metric.value](auto& observations) {
          observations.report(static_cast<double>(api_server_.stats().*value), {"api"});
          observations.report(static_cast<double>(metrics_server_.stats().*value), {"metrics"});
        });
    // It is taken only if the registry has something of this name, and then that is shown.
    if (observer) observers_.push_back(*std::move(observer));
  }
}

ShopServer::~ShopServer() { ignore_error(stop(), "whoever wants to know calls stop"); }

Result<void> ShopServer::stop() {
  monitor_->stop();
  if (console_) {
    console_->stop();
    console_->detach();
  }
  if (api_ == nullptr) {
    if (faults_) faults_->end();
    return {};
  }
  // Clients first, so that nothing new comes in, no fault either; the store last, when nobody needs
  // it any more.
  ignore_error(api_server_.stop(Deadline::after(10s)), "slow clients were cut off");
  if (faults_) faults_->end();
  if (canary_) canary_->stop();
  ignore_error(executor_->shutdown(Deadline::after(10s)), "their clients are gone");
  if (read_models_ != nullptr) {
    ignore_error(read_models_->stop(Deadline::after(10s)), "what is not applied now comes again");
  }
  ignore_error(metrics_server_.stop(Deadline::after(1s)), "slow scrapes were cut off");
  // With the last figures. What was not sent is told by the exporter.
  if (metrics_exporter_) static_cast<void>(metrics_exporter_->shutdown(Deadline::after(2s)));
  return store_->close(Deadline::after(26s));
}

}  // namespace shop
