#include "eventcore/monitor/baseline_watch.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "eventcore/assert.hpp"
#include "eventcore/detail/mutex.hpp"

namespace eventcore::monitor {

namespace {

using namespace observability;
using eventcore::detail::Mutex;
using eventcore::detail::MutexLock;

/// A comparison costs milliseconds, and a window more or less changes little.
constexpr int kSnapshotsBetween = 10;

constexpr std::array kByMeasure{LabelDescription{"measure", {}, kBaselineMeasuresMax}};
constexpr MetricDescription kDeviation{
    .name = "eventcore_baseline_deviation_ratio",
    .kind = MetricKind::Gauge,
    .labels = kByMeasure,
    .help = "By what share a measure differs from the baseline: 0.1 is 10 % above it."};
constexpr MetricDescription kVerdict{
    .name = "eventcore_baseline_verdict",
    .kind = MetricKind::Gauge,
    .labels = kByMeasure,
    .help =
        "Whether a measure differs from the baseline by more than chance and by enough to matter: "
        "1 worse, -1 better, 0 neither; absent if too few samples tell."};

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
  const auto show = [&](const MetricDescription& description, auto value) {
    return registry.observe(description, [watch, value](Observations& observations) {
      const BaselineComparison comparison = watch->comparison();
      for (const MeasureComparison& measure : comparison.measures) {
        if (measure.result.verdict == Verdict::InsufficientData) continue;
        observations.report(value(measure.result), {measure.name});
      }
    });
  };
  std::vector<ObserverRegistration> shown;
  auto deviation = show(kDeviation, [](const SampleComparison& result) { return result.change; });
  if (!deviation) return deviation.error();
  shown.push_back(*std::move(deviation));
  auto verdict =
      show(kVerdict, [](const SampleComparison& result) { return number_of(result.verdict); });
  if (!verdict) return verdict.error();
  shown.push_back(*std::move(verdict));
  return shown;
}

}  // namespace eventcore::monitor
