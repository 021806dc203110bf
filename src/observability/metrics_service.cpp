#include "eventcore/observability/metrics_service.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "active_streams.hpp"
#include "build_text.hpp"
#include "name_table.hpp"
#include "process_stats.hpp"
#include "service_series.hpp"
#include "text_hash.hpp"
#include "top_streams.hpp"

namespace eventcore::observability {

using detail::builtin;

namespace {

/// The category of a conflict over a stream that nobody names.
constexpr std::string_view kUnknownStream = "none";
/// The handler of a request that no route took.
constexpr std::string_view kUnmatched = "unmatched";

}  // namespace

struct MetricsService::State {
  explicit State(MetricsOptions given)
      : options(given),
        active_streams(given.active_window, given.active_streams_max),
        top_streams(given.top_streams) {
    observe_process();
    observe_streams();
  }

  const detail::CommandSeries& command(std::string_view type) {
    return command_types.find(type, kOverflowValue,
                              [this](std::string_view name) { return commands.with(name); });
  }
  const Counter& category_of_stream(std::string_view stream) {
    return categories.find(options.category(stream), kOverflowValue,
                           [this](std::string_view name) { return events_written.with(name); });
  }

  /// Where a command was overtaken inside the process, or with a command whose states it used, no
  /// stream is named: only the one stream of a command can be told.
  std::string_view category_of_conflict(const CommandRecord& record,
                                        const ConflictRecord& conflict) const noexcept {
    if (!conflict.stream.empty()) return options.category(conflict.stream);
    if (record.streams.size() == 1) return options.category(record.streams.front().stream);
    return kUnknownStream;
  }

  void observe(const MetricDescription& description, ObserveCallback callback);
  void observe_process();
  void observe_streams();
  void count_streams(const CommandRecord& record, const detail::CommandSeries& series);

  const MetricsOptions options;
  MetricRegistry registry{*options.clock};

  detail::CommandFamilies commands{registry};
  detail::StoreSeries store{registry};
  Family<DurationHistogram, CommandPhase> phases =
      builtin<Family<DurationHistogram, CommandPhase>>(registry, catalogue::kCommandPhaseSeconds);
  DynamicFamily<Counter, 1> events_written =
      builtin<DynamicFamily<Counter, 1>>(registry, catalogue::kEventsWrittenTotal);
  DynamicFamily<Counter, 1> projection_events =
      builtin<DynamicFamily<Counter, 1>>(registry, catalogue::kProjectionEventsProcessedTotal);
  DynamicFamily<Gauge, 1> projection_lag =
      builtin<DynamicFamily<Gauge, 1>>(registry, catalogue::kProjectionLagSeconds);
  DynamicFamily<Gauge, 1> pool_size =
      builtin<DynamicFamily<Gauge, 1>>(registry, catalogue::kConnectionPoolSize);
  DynamicFamily<Gauge, 1> pool_max_size =
      builtin<DynamicFamily<Gauge, 1>>(registry, catalogue::kConnectionPoolMaxSize);
  DynamicFamily<Gauge, 5> build_info =
      builtin<DynamicFamily<Gauge, 5>>(registry, catalogue::kBuildInfo);
  DynamicFamily<Counter, 2> http_requests =
      builtin<DynamicFamily<Counter, 2>>(registry, catalogue::kHttpRequestsTotal);
  DynamicFamily<Gauge, 1> health =
      builtin<DynamicFamily<Gauge, 1>>(registry, catalogue::kHealthStatus);
  DurationHistogram scrape = builtin<DurationHistogram>(registry, catalogue::kMetricsScrapeSeconds);

  detail::NameTable<detail::CommandSeries, kLabelValuesMax> command_types;
  detail::NameTable<Counter, kLabelValuesMax> categories;
  detail::NameTable<detail::ProjectionSeries, kLabelValuesMax> projections;
  detail::ActiveStreams active_streams;
  detail::TopStreams top_streams;

  // Atomic: set by the application, read by snapshots. Below 0 and not-a-number: not set.
  std::atomic<std::int64_t> active_streams_given = -1;
  std::atomic<double> memory_given = std::numeric_limits<double>::quiet_NaN();

  eventcore::detail::Mutex mutex;
  std::optional<Gauge> store_up EVENTCORE_GUARDED_BY(mutex);
  std::optional<Bound<Gauge>> build EVENTCORE_GUARDED_BY(mutex);

  // Last, so that callbacks end before what they read.
  std::vector<ObserverRegistration> observers;
};

void MetricsService::State::observe(const MetricDescription& description,
                                    ObserveCallback callback) {
  Result<ObserverRegistration> registration = registry.observe(description, std::move(callback));
  EVENTCORE_ASSERT(registration.has_value(), registration.error().message);
  observers.push_back(*std::move(registration));
}

void MetricsService::State::observe_process() {
  const auto memory = [this](const MetricDescription& description,
                             double detail::MemoryStats::*field) {
    observe(description, [field](Observations& out) {
      if (const auto stats = detail::read_memory_stats()) out.report((*stats).*field);
    });
  };
  const auto run = [this](const MetricDescription& description, double detail::RunStats::*field) {
    observe(description, [field](Observations& out) {
      if (const auto stats = detail::read_run_stats()) out.report((*stats).*field);
    });
  };
  const auto descriptors = [this](const MetricDescription& description,
                                  double detail::DescriptorStats::*field) {
    observe(description, [field](Observations& out) {
      if (const auto stats = detail::read_descriptor_stats()) out.report((*stats).*field);
    });
  };
  memory(catalogue::kProcessResidentMemoryBytes, &detail::MemoryStats::resident_bytes);
  memory(catalogue::kProcessVirtualMemoryBytes, &detail::MemoryStats::virtual_bytes);
  run(catalogue::kProcessCpuSecondsTotal, &detail::RunStats::cpu_seconds);
  run(catalogue::kProcessThreads, &detail::RunStats::threads);
  run(catalogue::kProcessStartTimeSeconds, &detail::RunStats::start_time_seconds);
  descriptors(catalogue::kProcessOpenFds, &detail::DescriptorStats::open);
  descriptors(catalogue::kProcessMaxFds, &detail::DescriptorStats::max);
  observe(catalogue::kMemoryUsageBytes, [this](Observations& out) {
    const double given = memory_given.load(std::memory_order_relaxed);
    if (!std::isnan(given)) {
      out.report(given);
    } else if (const auto stats = detail::read_memory_stats()) {
      out.report(stats->resident_bytes);
    }
  });
}

void MetricsService::State::observe_streams() {
  observe(catalogue::kActiveStreams, [this](Observations& out) {
    const std::int64_t given = active_streams_given.load(std::memory_order_relaxed);
    out.report(given >= 0 ? static_cast<double>(given)
                          : static_cast<double>(active_streams.count(options.clock->now())));
  });
  observe(catalogue::kStreamVersions, [this](Observations& out) {
    for (const auto& [stream, version] : top_streams.list()) {
      out.report(static_cast<double>(version), {stream});
    }
  });
}

MetricsService::MetricsService(MetricsOptions options) : state_(std::make_unique<State>(options)) {}

MetricsService::~MetricsService() = default;

MetricRegistry& MetricsService::registry() noexcept { return state_->registry; }
const MetricRegistry& MetricsService::registry() const noexcept { return state_->registry; }
const Clock& MetricsService::clock() const noexcept { return *state_->options.clock; }

void MetricsService::record_command_executed(std::string_view command_type,
                                             std::chrono::nanoseconds duration,
                                             bool success) noexcept {
  const detail::CommandSeries& series = state_->command(command_type);
  series.total.increment();
  series.duration.record(duration);
  if (!success) series.errors.increment();
}

void MetricsService::record_events_written(const StreamId& stream, std::size_t count) noexcept {
  state_->category_of_stream(stream.view()).add(count);
  state_->active_streams.touch(detail::text_hash(stream.view()), state_->options.clock->now());
}

void MetricsService::record_event_store_operation(StoreOperation operation,
                                                  std::chrono::nanoseconds duration,
                                                  const Error* error) noexcept {
  const detail::StoreSeries& store = state_->store;
  store.latency.at(operation).record(duration);
  if (error == nullptr) {
    store.operations.at(operation, StoreResult::Ok).increment();
  } else if (error->code == ErrorCode::VersionConflict) {
    store.operations.at(operation, StoreResult::Conflict).increment();
  } else {
    store.operations.at(operation, StoreResult::Error).increment();
    store.errors.at(operation, error->code).increment();
  }
}

void MetricsService::update_active_streams(std::int64_t count) noexcept {
  state_->active_streams_given.store(std::max<std::int64_t>(count, 0), std::memory_order_relaxed);
}

void MetricsService::update_stream_version(const StreamId& stream, StreamVersion version) noexcept {
  state_->top_streams.offer(detail::text_hash(stream.view()), stream.view(), version.value);
}

void MetricsService::record_projection_event(std::string_view projection_name,
                                             std::chrono::duration<double> lag) noexcept {
  const detail::ProjectionSeries& series =
      state_->projections.find(projection_name, kOverflowValue, [this](std::string_view name) {
        return detail::ProjectionSeries{state_->projection_events.with(name),
                                        state_->projection_lag.with(name)};
      });
  series.processed.increment();
  series.lag.set(lag.count());
}

void MetricsService::update_memory_usage(double bytes) noexcept {
  state_->memory_given.store(bytes, std::memory_order_relaxed);
}

void MetricsService::update_connection_pool_size(std::int64_t size,
                                                 std::string_view pool) noexcept {
  state_->pool_size.with(pool).set(static_cast<double>(size));
}

void MetricsService::update_connection_pool_max_size(std::int64_t size,
                                                     std::string_view pool) noexcept {
  state_->pool_max_size.with(pool).set(static_cast<double>(size));
}

void MetricsService::record_http_request(std::string_view handler, unsigned status) noexcept {
  state_->http_requests.with(handler.empty() ? kUnmatched : handler, std::to_string(status))
      .increment();
}

void MetricsService::update_health_status(std::string_view check, int status) noexcept {
  state_->health.with(check).set(status);
}

void MetricsService::describe_store(const StoreDescription& store, Position head) noexcept {
  state_->store.head.set(static_cast<double>(head.value));
  const Gauge up = state_->store.up.with(store.backend);
  up.set(1);
  Bound<Gauge> build =
      state_->build_info.bind(detail::build_version(), detail::build_commit(), store.backend,
                              store.durability, detail::build_compiler());
  build->set(1);
  const eventcore::detail::MutexLock lock(state_->mutex);
  state_->store_up = up;
  state_->build = std::move(build);
}

MetricsPage MetricsService::export_metrics() const {
  const Instant began = state_->options.clock->now();
  MetricsPage page{kPrometheusTextType, prometheus_text(state_->registry.snapshot())};
  state_->scrape.record(state_->options.clock->now() - began);
  return page;
}

void MetricsService::State::count_streams(const CommandRecord& record,
                                          const detail::CommandSeries& series) {
  const Instant now = record.started + record.duration;
  const bool committed = record.outcome == CommandOutcome::Committed;
  std::size_t written = 0;
  std::size_t discovered = 0;
  for (const StreamTouch& touch : record.streams) {
    const std::uint64_t hash = detail::text_hash(touch.stream);
    active_streams.touch(hash, now);
    discovered += touch.discovered ? 1 : 0;
    const std::uint32_t events = committed ? touch.events_written : 0;
    top_streams.offer(hash, touch.stream, (touch.version_read + events).value);
    if (events == 0) continue;
    ++written;
    category_of_stream(touch.stream).add(events);
  }
  series.streams.at(StreamRole::ReadOnly)
      .record(static_cast<double>(record.streams.size() - written));
  series.streams.at(StreamRole::Written).record(static_cast<double>(written));
  series.streams.at(StreamRole::Discovered).record(static_cast<double>(discovered));
}

void MetricsService::command_finished(const CommandRecord& record) noexcept {
  const detail::CommandSeries& series = state_->command(record.command_type);
  series.total.increment();
  series.outcomes.at(record.outcome).increment();
  series.duration.record(record.duration);
  series.attempts.record(record.attempts);
  series.replayed.record(record.events_folded);
  if (is_error(record.outcome)) series.errors.increment();
  if (record.attempts > 1) series.retries.add(record.attempts - 1);
  if (record.outcome == CommandOutcome::Committed) series.emitted.record(record.events_written);
  state_->count_streams(record, series);
  for (const ConflictRecord& conflict : record.conflicts) {
    state_->commands.conflicts
        .with(record.command_type, state_->category_of_conflict(record, conflict))
        .increment();
  }
  if (record.phases.measured) {
    for (std::size_t i = 0; i < kCommandPhases; ++i) {
      state_->phases.at(static_cast<CommandPhase>(i)).record(record.phases.at[i]);
    }
  }
}

void MetricsService::group_committed(const GroupRecord& record) noexcept {
  const detail::StoreSeries& store = state_->store;
  store.batch_commands.record(record.commands);
  store.batch_events.record(record.events);
  store.bytes.add(record.bytes);
  store.conflicts.add(record.rejected);
  store.queue_depth.set(record.queue_depth);
  store.queue_wait.record(record.queue_wait_max);
  // A group that was only checked commits nothing.
  if (record.events > 0) store.commit.record(record.commit);
  store.head.set(static_cast<double>(record.head.value));
}

void MetricsService::store_availability(bool up) noexcept {
  const eventcore::detail::MutexLock lock(state_->mutex);
  if (state_->store_up) state_->store_up->set(up ? 1 : 0);
}

std::string_view metrics_handler(const MetricsService& metrics, const TextSink& sink) {
  const MetricsPage page = metrics.export_metrics();
  sink(page.body);
  return page.content_type;
}

}  // namespace eventcore::observability
