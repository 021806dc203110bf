#pragma once

/// \file
/// `MetricsService`: EventCore's own metrics.
///
/// It is a probe: given to an executor and a store, it feeds everything in catalogue.hpp.
/// `InstrumentedCommandExecutor` and `InstrumentedEventStore` attach it in one line. The members
/// named `record_` and `update_` are for work that does not pass through these, such as an
/// importer. The usual mistake is to call them beside an instrumented store: then events count
/// twice. Example: examples/metrics.cpp.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/observability/metric_labels.hpp"
#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/observability/prometheus_text.hpp"
#include "eventcore/probe.hpp"

namespace eventcore::observability {

/// How a service counts.
struct MetricsOptions {
  /// The `category` label of a stream. Must not throw.
  std::string_view (*category)(std::string_view stream) noexcept = &category_of;
  /// A stream is active for this long after a command touched it.
  std::chrono::seconds active_window = std::chrono::minutes(15);
  /// Active streams that are told apart; above it `eventcore_active_streams` stays where it is.
  /// Cost: up to 45 bytes each.
  std::size_t active_streams_max = 100'000;
  /// Streams in `eventcore_stream_versions`, at most 10; 0 turns it off.
  std::size_t top_streams = 10;
  const Clock* clock = &system_clock();
};

/// A page of metrics, ready to be sent.
struct MetricsPage {
  std::string_view content_type;
  std::string body;
};

/// Metrics of one process. Thread-safety: Thread-safe. Blocking: no; the first sight of a command
/// type or category takes a short lock. Cost: about 0.1 µs a command.
class MetricsService final : public Probe {
 public:
  explicit MetricsService(MetricsOptions options = {});
  ~MetricsService() override;

  /// Where an application registers metrics of its own.
  [[nodiscard]] MetricRegistry& registry() noexcept;
  [[nodiscard]] const MetricRegistry& registry() const noexcept;
  /// What operations are to be timed with.
  [[nodiscard]] const Clock& clock() const noexcept;

  /// Counts an execution of a command that no executor reports. `success` is false if it failed;
  /// a refusal by the business rules is a success. It has no outcome and no other details.
  void record_command_executed(std::string_view command_type, std::chrono::nanoseconds duration,
                               bool success) noexcept;
  /// Counts events of `stream` that no executor or instrumented store reports.
  void record_events_written(const StreamId& stream, std::size_t count) noexcept;
  /// Counts a call to a store; `error` is null if it succeeded.
  void record_event_store_operation(StoreOperation operation, std::chrono::nanoseconds duration,
                                    const Error* error = nullptr) noexcept;
  /// Shows `count` in `eventcore_active_streams` from now on, instead of what is measured.
  void update_active_streams(std::int64_t count) noexcept;
  /// Considers `stream` for `eventcore_stream_versions`.
  void update_stream_version(const StreamId& stream, StreamVersion version) noexcept;
  /// Counts an event that `projection_name` has processed, and shows its lag.
  void record_projection_event(std::string_view projection_name,
                               std::chrono::duration<double> lag) noexcept;
  /// Shows `bytes` in `eventcore_memory_usage_bytes` from now on, instead of what is measured.
  void update_memory_usage(double bytes) noexcept;
  /// Shows the open connections of `pool`.
  void update_connection_pool_size(std::int64_t size, std::string_view pool = "default") noexcept;
  /// Shows how many connections `pool` may open.
  void update_connection_pool_max_size(std::int64_t size,
                                       std::string_view pool = "default") noexcept;

  /// Counts a request to the server of metrics and health. `handler` is the template of its route,
  /// never a raw path; empty if no route took it.
  void record_http_request(std::string_view handler, unsigned status) noexcept;

  /// Shows the state of a health check: 0 fails, 1 warns, 2 passes. Call it for all checks before a
  /// page is exported: what they are now is not known here.
  void update_health_status(std::string_view check, int status) noexcept;

  /// Shows `store` in build information, availability and head position.
  void describe_store(const StoreDescription& store, Position head) noexcept;

  /// The page of all metrics, those of applications too. Cost: about 1 ms for 1,000 series.
  [[nodiscard]] MetricsPage export_metrics() const;

  // As a probe.
  void command_finished(const CommandRecord& record) noexcept override;
  void group_committed(const GroupRecord& record) noexcept override;
  void store_availability(bool up) noexcept override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes the page of `metrics` to `sink`, for a server of your own. Send it with the content
/// type that it returns.
[[nodiscard]] std::string_view metrics_handler(const MetricsService& metrics, const TextSink& sink);

}  // namespace eventcore::observability
