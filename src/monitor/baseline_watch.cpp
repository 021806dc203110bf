#include "eventcore/monitor/baseline_watch.hpp"

#include <algorithm>
#include <utility>

#include "../observability/shown_together.hpp"
#include "eventcore/assert.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/observability/catalogue_telemetry.hpp"

namespace eventcore::monitor {

namespace {

using namespace observability;
using eventcore::detail::Mutex;
using eventcore::detail::MutexLock;

/// A comparison costs milliseconds, and a window more or less changes little.
constexpr int kSnapshotsBetween = 10;

double number_of(Verdict verdict) {
  if (verdict == Verdict::Worse) return 1;
  return verdict == Verdict::Better ? -1 : 0;
}

}  // namespace

struct BaselineWatch::State {
  const std::shared_ptr<const PerformanceMonitor> monitor;
  const Baseline baseline;
  const BaselineWatchOptions options;

  mutable Mutex mutex;
  Timestamp compared_at EVENTCORE_GUARDED_BY(mutex){};
  BaselineComparison comparison EVENTCORE_GUARDED_BY(mutex);
};

BaselineWatch::BaselineWatch(std::shared_ptr<const PerformanceMonitor> monitor, Baseline baseline,
                             BaselineWatchOptions options) {
  EVENTCORE_ASSERT(monitor != nullptr, "a monitor is compared with the baseline");
  options.snapshots = std::clamp<std::size_t>(options.snapshots, 8, kComparedMax);
  state_.reset(new State{std::move(monitor), std::move(baseline), options, {}, {}, {}});
}

BaselineWatch::~BaselineWatch() = default;

const Baseline& BaselineWatch::baseline() const noexcept { return state_->baseline; }

BaselineComparison BaselineWatch::comparison() const {
  std::vector<PerformanceSnapshot> snapshots = state_->monitor->snapshots();
  const MutexLock lock(state_->mutex);
  if (snapshots.empty()) return state_->comparison;
  const auto compared = std::upper_bound(
      snapshots.begin(), snapshots.end(), state_->compared_at,
      [](Timestamp at, const PerformanceSnapshot& snapshot) { return at < snapshot.timestamp; });
  if (compared != snapshots.begin() && snapshots.end() - compared < kSnapshotsBetween) {
    return state_->comparison;
  }
  const std::size_t size = std::min(snapshots.size(), state_->options.snapshots);
  const Baseline now = baseline_of(std::span(snapshots).last(size), "now");
  state_->comparison = compare_baselines(state_->baseline, now, state_->options.rules);
  state_->compared_at = snapshots.back().timestamp;
  return state_->comparison;
}

Result<std::vector<ObserverRegistration>> show_baseline(
    MetricRegistry& registry, std::shared_ptr<const BaselineWatch> watch) {
  ShownTogether shown(registry);
  const auto show = [&](const MetricDescription& description, auto value) {
    shown.show(description, [watch, value](Observations& observations) {
      const BaselineComparison comparison = watch->comparison();
      for (const MeasureComparison& measure : comparison.measures) {
        if (measure.result.verdict == Verdict::InsufficientData) continue;
        observations.report(value(measure.result), {measure.name});
      }
    });
  };
  show(catalogue::kBaselineDeviationRatio,
       [](const SampleComparison& result) { return result.change; });
  show(catalogue::kBaselineVerdict,
       [](const SampleComparison& result) { return number_of(result.verdict); });
  return shown.take();
}

}  // namespace eventcore::monitor
