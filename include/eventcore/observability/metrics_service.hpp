#pragma once

/// \file
/// `MetricsService`: EventCore's own metrics.
///
/// It is a probe: given to an executor, a store and runners of projections, it feeds everything in
/// catalogue.hpp.
/// `InstrumentedCommandExecutor` and `InstrumentedEventStore` attach it in one line. The members
/// named `record_` and `update_` are for work that does not pass through these, such as an
/// importer. The usual mistake is to call them beside an instrumented store: then events count
/// twice. Example: examples/metrics.cpp.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/observability/metric_labels.hpp"
#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/observability/metrics_page.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/projection_probe.hpp"

namespace eventcore {
class CommandExecutor;
class ProjectionRunner;
}  // namespace eventcore

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
  /// Streams in `eventcore_stream_versions` and `hot_streams`, at most 10; 0 turns both off.
  std::size_t top_streams = 10;
  /// Count one write in so many, at least 1, for `hot_streams`, for as many; counting each costs
  /// some 50 ns a stream. Conflicts are always counted.
  std::uint32_t hot_stream_interval = 8;
  /// Time every command. Else only those whose phases are measured, by default one in 16, are in
  /// the histograms of commands, and `eventcore_metrics_timing_weight` says how many commands one
  /// stands for. Counters are exact in any case.
  bool time_every_command = true;
  /// How often somebody scrapes, at least a second: recent maxima are those of the last two to
  /// three intervals.
  std::chrono::seconds scrape_interval{15};
  /// Disks and memory limits are looked at no more often than this.
  std::chrono::seconds slow_collector_interval{10};
  /// Measure at construction what an update costs; takes less than a millisecond.
  bool measure_update_cost = true;
  const Clock* clock = &system_clock();
};

/// A stream that is written often. Counts are since the service began; they are estimates with
/// bounds, because not every stream is remembered. The bounds hold for the writes that were
/// counted; see `MetricsOptions::hot_stream_interval`.
struct HotStream {
  std::string stream;
  std::uint64_t writes = 0;        ///< Commits that wrote to it: at most so many,
  std::uint64_t writes_error = 0;  ///< and at least so many fewer.
  std::uint64_t conflicts = 0;     ///< Attempts that failed because it had moved: at least so many.
  StreamVersion version;           ///< The highest that a commit brought it to; 0: none yet.
};

/// What a service has counted, as plain numbers; for tests and quick looks.
struct MetricsStats {
  std::uint64_t commands = 0;
  std::uint64_t errors = 0;
  std::uint64_t rejections = 0;  ///< Refused by the business rules.
  std::uint64_t retries = 0;
  std::uint64_t conflicts = 0;  ///< Batches that a store turned away.
  std::uint64_t events_written = 0;
  std::uint64_t bytes_written = 0;
};

/// Keeps something in the figures of a service; when the last copy goes, it is not asked any more.
/// Must go before what it watches.
using MetricsWatch = std::shared_ptr<void>;

/// Metrics of one process; a child that it forks may use registries, but not the service.
/// Thread-safety: Thread-safe. Blocking: no; the first sight of a command
/// type or category takes a short lock. Cost: about 0.2 µs a command.
class MetricsService final : public Probe, public ProjectionProbe {
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
  /// Counts a call to a store; `error` is null if it succeeded. `ended`: when, if it is known;
  /// else the clock is read.
  void record_event_store_operation(StoreOperation operation, std::chrono::nanoseconds duration,
                                    const Error* error = nullptr,
                                    std::optional<Instant> ended = std::nullopt) noexcept;
  /// Shows `count` in `eventcore_active_streams` from now on, instead of what is measured.
  void update_active_streams(std::int64_t count) noexcept;
  /// Counts a write that brought `stream` to `version`, for the hot streams and stream lengths.
  void update_stream_version(const StreamId& stream, StreamVersion version) noexcept;
  /// Counts an event that `projection_name` has processed, and shows its lag; that of a runner that
  /// is watched is asked of its store instead.
  void record_projection_event(std::string_view projection_name,
                               std::chrono::duration<double> lag) noexcept;
  /// Shows `bytes` in `eventcore_memory_usage_bytes` from now on, instead of what is measured.
  void update_memory_usage(double bytes) noexcept;
  /// Shows the open connections of `pool` from now on, instead of what a store says of a pool of
  /// this name. Past 10 names: `__overflow__`.
  void update_connection_pool_size(std::int64_t size, std::string_view pool = "default") noexcept;
  /// Shows how many connections `pool` may open, in the same way.
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

  /// Asks `executor` at each scrape how many commands it has under way. Instrumented executors
  /// call it themselves.
  [[nodiscard]] MetricsWatch watch(const CommandExecutor& executor);
  /// Describes `store`, and asks it at each scrape for its figures; of several stores, the one
  /// that was watched last is shown. Instrumented stores call it themselves.
  [[nodiscard]] MetricsWatch watch(EventStore& store);
  /// Asks `runner` at each scrape what it does, and its store, at most once a second, how far the
  /// projection is, whoever leads. A scrape waits a quarter of a second at most for a store; one
  /// that does not answer leaves the last figures, and the lag grows on. Counts come if the runner
  /// has this service as its probe: `{.probe = metrics}`. Of several runners of a projection the
  /// leader is shown. Blocking: the end of the watch waits for a question under way.
  [[nodiscard]] MetricsWatch watch(const ProjectionRunner& runner);
  /// The streams that are written and fought over most, the hottest first; at most
  /// `MetricsOptions::top_streams`. Blocking: a short lock. Cost: less than 0.2 ms.
  [[nodiscard]] std::vector<HotStream> hot_streams() const;

  /// Totals over all command types and categories. Cost: that of a snapshot of their families.
  [[nodiscard]] MetricsStats stats() const;
  /// The page that `request` asks for; by default text with all metrics, those of applications
  /// too. Threads that ask for the same page while it is made share it. Blocking: while another
  /// thread makes the same page. Cost: about 0.1 ms for 1,000 counters or 200 histograms; six times
  /// that if it is compressed.
  [[nodiscard]] MetricsPage export_metrics(const ScrapeRequest& request = {}) const;

  // As a probe.
  [[nodiscard]] ProbeInterests interests() const noexcept override;
  void command_finished(const CommandRecord& record) noexcept override;
  void group_committed(const GroupRecord& record) noexcept override;
  void pool_used(const PoolRecord& record) noexcept override;
  void connection_opened(std::string_view pool,
                         std::chrono::nanoseconds duration) noexcept override;
  void store_availability(bool up) noexcept override;

  // As a probe of projections.
  void batch_applied(const ProjectionBatchRecord& record) noexcept override;
  void failed(const ProjectionFailureRecord& record) noexcept override;
  void retried(std::string_view projection, std::chrono::nanoseconds pause) noexcept override;
  void dead_lettered(const DeadLetter& letter) noexcept override;
  void dead_letter_replayed(std::string_view projection, Position position,
                            bool failed) noexcept override;
  void skipped(std::string_view projection, Position position) noexcept override;

 private:
  friend Result<void> metrics_handler(const MetricsService& metrics, const ScrapeRequest& request,
                                      const PageSink& sink);

  struct State;
  std::unique_ptr<State> state_;
};

/// Writes the page that `request` asks for to `sink`, for a server of your own:
///
///     metrics_handler(metrics, {.accept = header("Accept")},
///                     {.begin = [&](const PageHead& head) { send_headers(head); },
///                      .write = [&](std::string_view piece) { send(piece); }});
///
/// The page is complete before the first piece, and a sink that is slow holds up nobody.
/// Errors: HandlerFailed (the sink threw). Blocking: as `export_metrics`, and what the sink does.
[[nodiscard]] Result<void> metrics_handler(const MetricsService& metrics,
                                           const ScrapeRequest& request, const PageSink& sink);

}  // namespace eventcore::observability
