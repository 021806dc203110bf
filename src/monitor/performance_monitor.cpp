#include "eventcore/monitor/performance_monitor.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <thread>
#include <utility>

#include "analysis.hpp"
#include "eventcore/assert.hpp"
#include "eventcore/detail/mutex.hpp"
#include "instruments.hpp"
#include "snapshot_ring.hpp"

namespace eventcore::monitor {

namespace {

using eventcore::detail::Mutex;
using eventcore::detail::MutexLock;
using observability::MetricsService;

constexpr auto kWindowMin = std::chrono::milliseconds(100);
constexpr auto kMinute = std::chrono::minutes(1);
constexpr auto kAnalysisInterval = std::chrono::seconds(10);
constexpr std::size_t kConflictRecordsMax = 60;  // one a minute

/// The conflicts of hot streams at one moment.
struct ConflictRecord {
  Timestamp at{};
  std::map<std::string, std::uint64_t> conflicts;
};

}  // namespace

struct PerformanceReader::State {
  explicit State(std::shared_ptr<MetricsService> service)
      : metrics(std::move(service)), before(detail::read_instruments(*metrics, nullptr)) {}

  PerformanceSnapshot capture(bool& is_new) EVENTCORE_EXCLUDES(mutex) {
    const MutexLock lock(mutex);
    const Instant now = metrics->clock().now();
    if (now - before.at < kWindowMin) {
      is_new = false;
      if (!previous) return detail::between(before, before);
      PerformanceSnapshot again = *previous;
      again.age = now - before.at;
      return again;
    }
    is_new = true;
    detail::Reading after = detail::read_instruments(*metrics, &before);
    previous = detail::between(before, after);
    before = std::move(after);
    return *previous;
  }

  const std::shared_ptr<MetricsService> metrics;
  Mutex mutex;
  detail::Reading before EVENTCORE_GUARDED_BY(mutex);
  std::optional<PerformanceSnapshot> previous EVENTCORE_GUARDED_BY(mutex);
};

PerformanceReader::PerformanceReader(std::shared_ptr<MetricsService> metrics)
    : state_(std::make_unique<State>(std::move(metrics))) {}
PerformanceReader::PerformanceReader(PerformanceReader&&) noexcept = default;
PerformanceReader& PerformanceReader::operator=(PerformanceReader&&) noexcept = default;
PerformanceReader::~PerformanceReader() = default;

PerformanceSnapshot PerformanceReader::capture_snapshot() {
  bool is_new = false;
  return state_->capture(is_new);
}

struct PerformanceMonitor::State {
  State(std::shared_ptr<MetricsService> service, PerformanceMonitorOptions given)
      : metrics(std::move(service)),
        options(std::move(given)),
        caller(metrics),
        ticker(metrics),
        minute(metrics),
        fine(options.max_snapshots),
        coarse(options.max_minutes),
        minute_began(metrics->clock().now()) {
    options.interval = std::max<std::chrono::milliseconds>(options.interval, kWindowMin);
  }

  void run(const std::stop_token& stop) EVENTCORE_EXCLUDES(thread_mutex);
  void tick() EVENTCORE_EXCLUDES(mutex);
  [[nodiscard]] TrendAnalysis analyse(std::uint64_t minutes) const EVENTCORE_EXCLUDES(mutex);
  void keep(const PerformanceSnapshot& snapshot) EVENTCORE_EXCLUDES(mutex);
  void keep_minute() EVENTCORE_EXCLUDES(mutex);
  void analyse_if_due() EVENTCORE_EXCLUDES(mutex);
  [[nodiscard]] std::vector<PerformanceSnapshot> last(std::uint64_t minutes) const
      EVENTCORE_EXCLUDES(mutex);
  [[nodiscard]] std::string most_fought_over(Timestamp since) const EVENTCORE_EXCLUDES(mutex);

  const std::shared_ptr<MetricsService> metrics;
  PerformanceMonitorOptions options;
  // Each has a mutex of its own, which is never taken inside `mutex`: reading metrics calls back
  // into what shows the monitor's own.
  PerformanceReader caller;
  PerformanceReader ticker;
  PerformanceReader minute;

  mutable Mutex mutex;
  detail::SnapshotRing fine EVENTCORE_GUARDED_BY(mutex);
  detail::SnapshotRing coarse EVENTCORE_GUARDED_BY(mutex);
  std::deque<ConflictRecord> conflicts EVENTCORE_GUARDED_BY(mutex);
  Instant minute_began EVENTCORE_GUARDED_BY(mutex);
  std::optional<Instant> analysed_at EVENTCORE_GUARDED_BY(mutex);
  TrendAnalysis analysis EVENTCORE_GUARDED_BY(mutex);
  bool is_automatic EVENTCORE_GUARDED_BY(mutex) = false;

  Mutex thread_mutex;
  std::condition_variable_any waiting;
  std::jthread thread EVENTCORE_GUARDED_BY(thread_mutex);
};

void PerformanceMonitor::State::keep(const PerformanceSnapshot& snapshot) {
  const MutexLock lock(mutex);
  fine.push(snapshot);
}

void PerformanceMonitor::State::keep_minute() {
  {
    const MutexLock lock(mutex);
    const Instant now = metrics->clock().now();
    if (now - minute_began < kMinute) return;
    minute_began = now;
  }
  const PerformanceSnapshot snapshot = minute.capture_snapshot();
  ConflictRecord record{snapshot.timestamp, {}};
  for (const observability::HotStream& stream : metrics->hot_streams()) {
    record.conflicts[stream.stream] = stream.conflicts;
  }
  const MutexLock lock(mutex);
  coarse.push(snapshot);
  conflicts.push_back(std::move(record));
  if (conflicts.size() > kConflictRecordsMax) conflicts.pop_front();
}

std::vector<PerformanceSnapshot> PerformanceMonitor::State::last(std::uint64_t minutes) const {
  constexpr std::uint64_t kMinutesMax = 60 * 24 * 365;
  const Timestamp cutoff =
      metrics->clock().wall() - std::chrono::minutes(std::min(minutes, kMinutesMax));
  const MutexLock lock(mutex);
  std::vector<PerformanceSnapshot> detailed = fine.since(cutoff);
  if (fine.reaches(cutoff)) return detailed;
  std::vector<PerformanceSnapshot> rough = coarse.since(cutoff);
  return rough.size() >= kTrendSamplesMin ? rough : detailed;
}

std::string PerformanceMonitor::State::most_fought_over(Timestamp since) const {
  const std::vector<observability::HotStream> streams = metrics->hot_streams();
  const MutexLock lock(mutex);
  const ConflictRecord* then = nullptr;
  for (const ConflictRecord& record : conflicts) {
    if (record.at <= since || then == nullptr) then = &record;
  }
  std::string hottest;
  std::uint64_t most = 0;
  for (const observability::HotStream& stream : streams) {
    std::uint64_t before = 0;
    if (then != nullptr) {
      if (const auto found = then->conflicts.find(stream.stream); found != then->conflicts.end()) {
        before = found->second;
      }
    }
    const std::uint64_t added = stream.conflicts - std::min(stream.conflicts, before);
    if (added <= most) continue;
    most = added;
    hottest = stream.stream;
  }
  return hottest;
}

void PerformanceMonitor::State::run(const std::stop_token& stop) {
  Instant next = std::chrono::steady_clock::now() + options.interval;
  for (;;) {
    {
      MutexLock lock(thread_mutex);
      waiting.wait_until(lock, stop, next, [] { return false; });
    }
    if (stop.stop_requested()) return;
    tick();
    const Instant now = std::chrono::steady_clock::now();
    // After a pause of the whole machine, what was missed is not made up for.
    next = std::max(next + options.interval, now);
  }
}

void PerformanceMonitor::State::tick() {
  {
    const MutexLock lock(mutex);
    is_automatic = true;
  }
  bool is_new = false;
  const PerformanceSnapshot snapshot = ticker.state_->capture(is_new);
  if (!is_new) return;
  keep(snapshot);
  keep_minute();
  analyse_if_due();
  if (options.on_snapshot) options.on_snapshot(snapshot);
}

TrendAnalysis PerformanceMonitor::State::analyse(std::uint64_t minutes) const {
  TrendAnalysis result = detail::analyse(last(minutes));
  std::string fought_over;
  if (result.conflicts.trend == Trend::Increasing) {
    fought_over = most_fought_over(result.conflicts.since.value_or(result.conflicts.from));
  }
  result.summary = detail::summarise(result, fought_over);
  return result;
}

void PerformanceMonitor::State::analyse_if_due() {
  const Instant now = metrics->clock().now();
  {
    const MutexLock lock(mutex);
    if (analysed_at && now - *analysed_at < kAnalysisInterval) return;
    analysed_at = now;
  }
  TrendAnalysis fresh = analyse(options.analysis_minutes);
  const MutexLock lock(mutex);
  analysis = std::move(fresh);
}

PerformanceMonitor::PerformanceMonitor(std::shared_ptr<MetricsService> metrics,
                                       PerformanceMonitorOptions options) {
  EVENTCORE_ASSERT(metrics != nullptr, "a monitor watches a metrics service");
  state_ = std::make_unique<State>(std::move(metrics), std::move(options));
}

PerformanceMonitor::~PerformanceMonitor() { stop(); }

void PerformanceMonitor::start() {
  const MutexLock lock(state_->thread_mutex);
  if (state_->thread.joinable()) return;
  State& state = *state_;
  state.thread = std::jthread([&state](const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "eventcore-perf");
    state.run(stop);
  });
}

void PerformanceMonitor::stop() noexcept {
  std::jthread ending;
  {
    const MutexLock lock(state_->thread_mutex);
    ending = std::move(state_->thread);
  }
  if (!ending.joinable()) return;
  ending.request_stop();
  ending.join();
  const MutexLock lock(state_->mutex);
  state_->is_automatic = false;
}

void PerformanceMonitor::tick() { state_->tick(); }

PerformanceSnapshot PerformanceMonitor::capture_snapshot() {
  bool is_new = false;
  PerformanceSnapshot snapshot = state_->caller.state_->capture(is_new);
  {
    const MutexLock lock(state_->mutex);
    if (!is_new || state_->is_automatic) return snapshot;
  }
  state_->keep(snapshot);
  state_->keep_minute();
  return snapshot;
}

PerformanceReader PerformanceMonitor::reader() const { return PerformanceReader(state_->metrics); }

std::vector<PerformanceSnapshot> PerformanceMonitor::snapshots() const {
  const MutexLock lock(state_->mutex);
  return state_->fine.since(Timestamp::min());
}

std::vector<PerformanceSnapshot> PerformanceMonitor::minute_snapshots() const {
  const MutexLock lock(state_->mutex);
  return state_->coarse.since(Timestamp::min());
}

std::optional<PerformanceSnapshot> PerformanceMonitor::latest() const {
  const MutexLock lock(state_->mutex);
  return state_->fine.newest();
}

TrendAnalysis PerformanceMonitor::get_trend_analysis(std::uint64_t minutes) const {
  return state_->analyse(minutes);
}

TrendAnalysis PerformanceMonitor::latest_analysis() const {
  const MutexLock lock(state_->mutex);
  return state_->analysis;
}

}  // namespace eventcore::monitor
