#pragma once

/// \file
/// `ShopServer`: the shop as a running service: store, executor, projections, metrics and two HTTP
/// servers.
///
/// This is what the `main` of a service with EventCore comes down to; shop_server.cpp makes the
/// parts in the order in which they depend on each other, and ends them in the opposite order.

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eventcore/command_executor.hpp>
#include <eventcore/event_store.hpp>
#include <eventcore/health_checks.hpp>
#include <eventcore/http_endpoints.hpp>
#include <eventcore/http_server.hpp>
#include <eventcore/monitor/baseline_watch.hpp>
#include <eventcore/monitor/flight_recorder.hpp>
#include <eventcore/monitor/performance_monitor.hpp>
#include <eventcore/observability/canary.hpp>
#include <eventcore/observability/metrics_service.hpp>
#include <eventcore/otlp/otlp_logs_exporter.hpp>
#include <eventcore/otlp/otlp_metrics_exporter.hpp>
#include <eventcore/result.hpp>
#include <eventcore/store_url.hpp>

#include "faults/faults.hpp"
#include "read_models/read_model_folder.hpp"
#include "read_models/shop_read_models.hpp"
#include "serve/business_metrics.hpp"
#include "serve/read_model_api.hpp"
#include "serve/shop_api.hpp"
#include "serve/shop_console.hpp"

namespace shop {

struct ShopServerOptions {
  /// For `read_models`: in the database of the store, which must be PostgreSQL.
  static constexpr std::string_view kInDatabase = "postgres";

  std::string store;                              ///< URL.
  std::string listen = "127.0.0.1:8080";          ///< Of the API; port 0 picks one.
  std::string metrics_listen = "127.0.0.1:9464";  ///< Of `/metrics` and `/health`; the same.
  /// Space that the disk of a SQLite store must have: below, readiness warns or fails.
  eventcore::http::DiskFreeLimits disk = {};
  /// Folder of the read models, or `kInDatabase`. Empty: beside a SQLite store; for PostgreSQL in
  /// the working folder, named after the log; for a store in memory a temporary one.
  std::filesystem::path read_models = {};
  /// URL of another shop, which places the orders that come here; empty: this one does.
  std::string orders_to = {};
  /// Where the flight recorder is written when the process dies of a signal; empty: there is none.
  std::string flight_recorder = {};
  /// Of the process's log, whose figures are shown; null: it is not sent.
  std::shared_ptr<const eventcore::OtlpLogsExporter> logs = nullptr;
  /// A file of `eventcore baseline record`, from which the deviation is exported; empty: none.
  std::string baseline = {};
  /// Of several processes that share read models another one writes when the one that does has not
  /// been heard of for so long.
  std::chrono::nanoseconds lease = eventcore::ProjectionRunnerOptions().lease;
  /// How often an event is written only to see how long it takes to be seen; 0: never.
  std::chrono::nanoseconds canary{0};
  /// Served with the metrics.
  ShopConsoleOptions console = {};
  /// Those that are there from the start; nothing: `/faults` is not served either.
  std::optional<std::vector<Fault>> faults = {};
};

/// Owns its threads through its parts. Thread-safety: One thread at a time.
class ShopServer {
 public:
  /// Takes the addresses. Clients wait until it serves; no store is touched before that, so that a
  /// mistyped address leaves none behind. Errors: InvalidArgument (bad URL or address), Unavailable
  /// (an address is in use). The message names the part that failed.
  [[nodiscard]] static eventcore::Result<std::unique_ptr<ShopServer>> listen(
      const ShopServerOptions& options);
  ShopServer(const ShopServer&) = delete;
  ShopServer& operator=(const ShopServer&) = delete;
  ~ShopServer();

  [[nodiscard]] std::string api_url() const { return api_server_.url(); }
  [[nodiscard]] std::string metrics_url() const { return metrics_server_.url(); }
  [[nodiscard]] bool has_console() const noexcept { return console_ != nullptr; }
  [[nodiscard]] const eventcore::observability::MetricsService& metrics() const noexcept {
    return *metrics_;
  }

  /// Opens the store and answers. Meanwhile `/health/live` passes and `/health/startup` does not.
  /// Requires: called once. Errors: those of opening a store.
  [[nodiscard]] eventcore::Result<void> serve();
  /// Finishes the requests under way and closes the store. A second call is harmless.
  /// Errors: those of closing the store.
  [[nodiscard]] eventcore::Result<void> stop();

 private:
  ShopServer(const ShopServerOptions& options, eventcore::StoreUrl url,
             std::shared_ptr<eventcore::observability::MetricsService> metrics,
             const BusinessMetrics& business_metrics, std::unique_ptr<Faults> faults,
             std::optional<eventcore::monitor::Baseline> baseline,
             std::shared_ptr<const eventcore::http::AccessPolicy> access);
  void mount_endpoints();
  void mount_console();
  void show_store(eventcore::EventStore& store);
  void show_connections();
  /// Shows these metrics as long as the server is there; none if there is an error.
  void keep(eventcore::Result<std::vector<eventcore::observability::ObserverRegistration>> shown);
  void show_log();
  [[nodiscard]] eventcore::Result<void> start_export();
  void start_monitor();
  [[nodiscard]] eventcore::Result<void> show_deviation();
  [[nodiscard]] eventcore::Result<void> start_recorder();
  [[nodiscard]] eventcore::Result<void> start_canary();
  void check_store(eventcore::EventStore& store);
  [[nodiscard]] eventcore::Result<std::unique_ptr<ReadModelPlace>> open_place();
  [[nodiscard]] eventcore::Result<ReadModelFolder> open_folder();
  [[nodiscard]] eventcore::Result<void> start_read_models();
  [[nodiscard]] eventcore::http::HealthResult check_read_models();

  const eventcore::StoreUrl url_;
  const eventcore::http::DiskFreeLimits disk_;
  const std::filesystem::path read_models_path_;
  const std::chrono::nanoseconds lease_;
  const std::chrono::nanoseconds canary_period_;
  std::unique_ptr<OrderForwarding> forwarding_;  // null: orders are placed here
  const std::string flight_recorder_path_;
  std::shared_ptr<eventcore::observability::MetricsService> metrics_;
  BusinessMetrics business_metrics_;
  std::shared_ptr<eventcore::monitor::PerformanceMonitor> monitor_;
  std::shared_ptr<eventcore::monitor::FlightRecorder> recorder_;       // null: there is none
  std::shared_ptr<const eventcore::monitor::BaselineWatch> baseline_;  // null: there is none
  std::unique_ptr<eventcore::monitor::FatalSignalDump> dump_;
  const std::unique_ptr<Faults> faults_;  // null: there are none
  // Null until it serves.
  std::unique_ptr<eventcore::EventStore> store_;
  std::unique_ptr<eventcore::CommandExecutor> executor_;
  std::unique_ptr<ShopReadModels> read_models_;
  std::vector<eventcore::observability::MetricsWatch> watches_;
  std::unique_ptr<eventcore::observability::Canary> canary_;       // null: there is none
  const std::shared_ptr<const eventcore::OtlpLogsExporter> logs_;  // null: logs are not sent
  std::unique_ptr<eventcore::OtlpMetricsExporter> metrics_exporter_;
  std::unique_ptr<ShopApi> api_;
  std::unique_ptr<ReadModelApi> read_model_api_;
  std::atomic<bool> is_started_ = false;
  eventcore::http::Server api_server_;
  eventcore::http::HealthChecks health_;
  const std::shared_ptr<const eventcore::http::AccessPolicy> access_;
  const bool show_payloads_;
  std::unique_ptr<eventcore::console::Console> console_;  // null: there is none
  eventcore::http::Server metrics_server_;
  std::vector<eventcore::observability::ObserverRegistration> observers_;
};

}  // namespace shop
