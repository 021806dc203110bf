#include "eventcore/observability/metrics_service.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "../core/sample_turn.hpp"
#include "build_text.hpp"
#include "service_state.hpp"
#include "text_hash.hpp"

namespace eventcore::observability {

namespace {

/// The category of a conflict over a stream that nobody names.
constexpr std::string_view kUnknownStream = "none";
/// The handler of a request that no route took.
constexpr std::string_view kUnmatched = "unmatched";

}  // namespace

/// Where a command was overtaken inside the process, or with a command whose states it used, no
/// stream is named: only the one stream of a command can be told.
std::string_view MetricsService::State::category_of_conflict(
    const CommandRecord& record, const ConflictRecord& conflict) const noexcept {
  if (!conflict.stream.empty()) return options.category(conflict.stream);
  if (record.streams.size() == 1) return options.category(record.streams.front().stream);
  return kUnknownStream;
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
  state_->category_of_stream(stream.view()).events.add(count);
  state_->active_streams.touch(detail::stream_hash(stream.view(), stream.hash()),
                               state_->options.clock->now());
}

void MetricsService::record_event_store_operation(StoreOperation operation,
                                                  std::chrono::nanoseconds duration,
                                                  const Error* error,
                                                  std::optional<Instant> ended) noexcept {
  const detail::StoreSeries& store = state_->store;
  store.latency.at(operation).record(duration);
  state_->recent_max[static_cast<std::size_t>(operation)].record(
      duration, ended ? *ended : state_->options.clock->now());
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
  state_->category_of_stream(stream.view()).lengths.record(static_cast<double>(version.value));
  state_->hot_streams.update([&](detail::SpaceSaving& streams) {
    streams.add_write(detail::stream_hash(stream.view(), stream.hash()), stream.view(),
                      version.value);
  });
}

void MetricsService::record_projection_event(std::string_view projection_name,
                                             std::chrono::duration<double> lag) noexcept {
  const detail::ProjectionSeries& series = state_->projection(projection_name);
  series.processed.increment();
  series.lag_given->store(lag.count(), std::memory_order_relaxed);
}

void MetricsService::update_memory_usage(double bytes) noexcept {
  state_->memory_given.store(bytes, std::memory_order_relaxed);
}

void MetricsService::update_connection_pool_size(std::int64_t size,
                                                 std::string_view pool) noexcept {
  state_->pools_given.set_size(pool, static_cast<double>(size));
}

void MetricsService::update_connection_pool_max_size(std::int64_t size,
                                                     std::string_view pool) noexcept {
  state_->pools_given.set_size_max(pool, static_cast<double>(size));
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
  Bound<Info> build =
      state_->build_info.bind(detail::build_version(), detail::build_commit(), store.backend,
                              store.durability, detail::build_compiler());
  const eventcore::detail::MutexLock lock(state_->mutex);
  state_->store_up = up;
  state_->build = std::move(build);
}

MetricsWatch MetricsService::watch(const CommandExecutor& executor) {
  return state_->executors->add(executor);
}

MetricsWatch MetricsService::watch(EventStore& store) {
  describe_store(store.description(), store.head());
  // So that their series are there before the first use.
  for (const PoolFigures& pool : store.administration().figures().pools) state_->pool(pool.name);
  return state_->stores->add(store, state_->lookout, *state_->options.clock,
                             state_->options.slow_collector_interval);
}

std::vector<HotStream> MetricsService::hot_streams() const {
  std::vector<HotStream> hot;
  for (detail::StreamCount& one : state_->hot_streams.list()) {
    // Each write has brought the stream at least one version further.
    const std::uint64_t counted = one.count - one.conflicts;
    const std::uint64_t writes = std::min(counted, one.version);
    hot.push_back({.stream = std::move(one.stream),
                   .writes = writes,
                   .writes_error = one.error - std::min(one.error, counted - writes),
                   .conflicts = one.conflicts,
                   .version = {one.version}});
  }
  return hot;
}

MetricsStats MetricsService::stats() const {
  const auto total = [this](const MetricDescription& description, std::string_view value = {}) {
    double sum = 0;
    const MetricsSnapshot snapshot =
        state_->registry.snapshot({.names = {std::string(description.name)}});
    for (const SeriesSnapshot& series : snapshot.find(description.name)->series) {
      if (value.empty() || series.labels->values.back() == value) sum += series.value;
    }
    return static_cast<std::uint64_t>(sum);
  };
  return {
      .commands = total(catalogue::kCommandsTotal),
      .errors = total(catalogue::kCommandErrorsTotal),
      .rejections = total(catalogue::kCommandOutcomesTotal, to_string(CommandOutcome::Rejected)),
      .retries = total(catalogue::kCommandRetriesTotal),
      .conflicts = total(catalogue::kAppendConflictsTotal),
      .events_written = total(catalogue::kEventsWrittenTotal),
      .bytes_written = total(catalogue::kAppendBytesTotal)};
}

MetricsPage MetricsService::export_metrics(const ScrapeRequest& request) const {
  const detail::SharedPage made = state_->pages.page(request);
  return made.is_shared ? *made.page : std::move(*made.page);
}

ProbeInterests MetricsService::interests() const noexcept {
  return {.every_duration = state_->options.time_every_command};
}

/// Active streams and written events, of every command.
void MetricsService::State::count_streams(const CommandRecord& record) {
  const bool committed = record.outcome == CommandOutcome::Committed;
  const Instant now = record.started + record.duration;
  for (const StreamTouch& touch : record.streams) {
    active_streams.touch(detail::stream_hash(touch.stream, touch.hash), now);
    if (committed && touch.events_written > 0) {
      category_of_stream(touch.stream).events.add(touch.events_written);
    }
  }
}

/// Streams that were fought over, and of some commands those that were written.
void MetricsService::State::count_hot_streams(const CommandRecord& record) {
  thread_local eventcore::detail::SampleTurn turn;
  const bool counts_writes = record.outcome == CommandOutcome::Committed &&
                             record.events_written > 0 && turn.next(options.hot_stream_interval);
  if (!counts_writes && record.conflicts.empty()) return;
  hot_streams.update([&](detail::SpaceSaving& streams) {
    for (const StreamTouch& touch : record.streams) {
      if (!counts_writes || touch.events_written == 0) continue;
      streams.add_write(detail::stream_hash(touch.stream, touch.hash), touch.stream,
                        (touch.version_read + touch.events_written).value,
                        options.hot_stream_interval);
    }
    for (const ConflictRecord& conflict : record.conflicts) {
      if (conflict.stream.empty()) continue;
      streams.add_conflict(detail::stream_hash(conflict.stream), conflict.stream);
    }
  });
}

void MetricsService::State::count_retries(const CommandRecord& record,
                                          const detail::CommandSeries& series) {
  series.retries.add(record.attempts - 1);
  commands.retry_backoff.record(record.backoff);
}

/// What is only known, or only counted, of measured commands.
void MetricsService::State::count_measured(const CommandRecord& record) {
  for (std::size_t i = 0; i < kCommandPhases; ++i) {
    phases.at(static_cast<CommandPhase>(i)).record(record.phases.at[i]);
  }
  if (record.outcome != CommandOutcome::Committed) return;
  for (const StreamTouch& touch : record.streams) {
    if (touch.events_written == 0) continue;
    category_of_stream(touch.stream)
        .lengths.record(static_cast<double>((touch.version_read + touch.events_written).value));
  }
}

/// What the histograms of commands show.
void MetricsService::State::count_timed(const CommandRecord& record,
                                        const detail::CommandSeries& series) {
  series.duration.record(record.duration, record.trace);
  series.attempts.record(record.attempts);
  series.replayed.record(record.events_folded);
  if (record.discovery_rounds > 0) series.discovery_rounds.record(record.discovery_rounds);
  const bool committed = record.outcome == CommandOutcome::Committed;
  if (committed) series.emitted.record(record.events_written);
  std::size_t written = 0;
  std::size_t discovered = 0;
  for (const StreamTouch& touch : record.streams) {
    written += committed && touch.events_written > 0 ? 1 : 0;
    discovered += touch.discovered ? 1 : 0;
  }
  series.streams.at(StreamRole::ReadOnly)
      .record(static_cast<double>(record.streams.size() - written));
  series.streams.at(StreamRole::Written).record(static_cast<double>(written));
  series.streams.at(StreamRole::Discovered).record(static_cast<double>(discovered));
}

void MetricsService::command_finished(const CommandRecord& record) noexcept {
  for (const StreamTouch& touch : record.streams) {
    state_->active_streams.expect(detail::stream_hash(touch.stream, touch.hash));
  }
  const detail::CommandSeries& series = state_->command(record.command_type);
  series.total.increment();
  series.outcomes.at(record.outcome).increment();
  if (is_error(record.outcome)) series.errors.increment();
  if (record.attempts > 1) state_->count_retries(record, series);
  state_->count_streams(record);
  state_->count_hot_streams(record);
  for (const ConflictRecord& conflict : record.conflicts) {
    state_->commands.conflicts
        .with(record.command_type, state_->category_of_conflict(record, conflict))
        .increment();
  }
  if (record.timed) state_->count_timed(record, series);
  if (record.phases.measured && record.is_timing_sample) state_->count_measured(record);
}

void MetricsService::group_committed(const GroupRecord& record) noexcept {
  const detail::StoreSeries& store = state_->store;
  store.bytes.add(record.bytes);
  store.conflicts.add(record.rejected);
  store.head.set(static_cast<double>(record.head.value));
  store.queue_depth.set(record.queue_depth);
  store.batch_commands.record(record.commands);
  store.batch_events.record(record.events);
  store.queue_wait.record(record.queue_wait_max);
  if (!record.timed) return;
  if (record.lock_wait) store.lock_wait.record(*record.lock_wait);
  // A group that was only checked commits nothing.
  if (record.events > 0) store.commit.record(record.commit);
}

void MetricsService::pool_used(const PoolRecord& record) noexcept {
  const detail::PoolSeries& pool = state_->pool(record.pool);
  pool.wait.record(record.wait);
  if (record.timed_out) {
    pool.timeouts.increment();
  } else {
    pool.use.record(record.use);
  }
}

void MetricsService::connection_opened(std::string_view pool,
                                       std::chrono::nanoseconds duration) noexcept {
  state_->pool(pool).create.record(duration);
}

void MetricsService::store_availability(bool up) noexcept {
  const eventcore::detail::MutexLock lock(state_->mutex);
  if (state_->store_up) state_->store_up->set(up ? 1 : 0);
}

Result<void> metrics_handler(const MetricsService& metrics, const ScrapeRequest& request,
                             const PageSink& sink) {
  constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;
  const detail::SharedPage made = metrics.state_->pages.page(request);
  const std::string_view body = made.page->body;
  try {
    sink.begin({made.page->content_type, made.page->content_encoding, body.size()});
    for (std::size_t at = 0; at < body.size(); at += kPieceBytes) {
      sink.write(body.substr(at, kPieceBytes));
    }
  } catch (const std::exception& thrown) {
    return make_error(ErrorCode::HandlerFailed, std::string("the sink threw: ") + thrown.what());
  } catch (...) {
    return make_error(ErrorCode::HandlerFailed, "the sink threw");
  }
  return {};
}

}  // namespace eventcore::observability
