#include "eventcore/monitor/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace eventcore::monitor {

namespace {

/// A measure of a process, from each window.
struct WindowMeasure {
  const char* name;
  Better better;
  double level_min;
  double (*value)(const PerformanceSnapshot&);
};

double per_command(double per_second, const PerformanceSnapshot& snapshot) {
  return per_second / snapshot.commands_per_second;  // not-a-number without either
}

using Snapshot = PerformanceSnapshot;
constexpr WindowMeasure kWindowMeasures[] = {
    {"cpu_ms_per_command", Better::Lower, 1e-3,
     [](const Snapshot& snapshot) { return snapshot.cpu_ms_per_command; }},
    {"avg_latency_ms", Better::Lower, 0.01,
     [](const Snapshot& snapshot) { return snapshot.avg_latency_ms; }},
    {"p95_latency_ms", Better::Lower, 0.01,
     [](const Snapshot& snapshot) { return snapshot.p95_latency_ms; }},
    {"avg_commit_ms", Better::Lower, 0.01,
     [](const Snapshot& snapshot) { return snapshot.avg_commit_ms; }},
    {"error_ratio", Better::Lower, 1e-3,
     [](const Snapshot& snapshot) {
       return snapshot.error_rate * per_command(snapshot.commands_per_second, snapshot);
     }},
    {"conflicts_per_command", Better::Lower, 1e-2,
     [](const Snapshot& snapshot) { return per_command(snapshot.conflicts_per_second, snapshot); }},
    {"p50_latency_ms", Better::Neither, 0.01,
     [](const Snapshot& snapshot) { return snapshot.p50_latency_ms; }},
    {"p99_latency_ms", Better::Neither, 0.01,
     [](const Snapshot& snapshot) { return snapshot.p99_latency_ms; }},
    {"commands_per_second", Better::Neither, 0.1,
     [](const Snapshot& snapshot) { return snapshot.commands_per_second; }},
    {"events_per_second", Better::Neither, 0.1,
     [](const Snapshot& snapshot) { return snapshot.events_per_second; }},
    {"memory_mib", Better::Neither, 1,
     [](const Snapshot& snapshot) { return snapshot.memory_usage_mb; }},
};

bool is_judged(const BaselineMeasure& measure, const Baseline& after) {
  return measure.better != Better::Neither && after.find(measure.name) != nullptr;
}

Verdict all_together(const std::vector<MeasureComparison>& measures) {
  const auto any = [&](Verdict verdict) {
    return std::any_of(measures.begin(), measures.end(), [&](const MeasureComparison& measure) {
      return measure.better != Better::Neither && measure.result.verdict == verdict;
    });
  };
  if (any(Verdict::Worse)) return Verdict::Worse;
  if (any(Verdict::Better)) return Verdict::Better;
  return any(Verdict::Same) ? Verdict::Same : Verdict::InsufficientData;
}

}  // namespace

const BaselineMeasure* Baseline::find(std::string_view measure) const noexcept {
  const auto found = std::find_if(measures.begin(), measures.end(),
                                  [&](const auto& candidate) { return candidate.name == measure; });
  return found == measures.end() ? nullptr : &*found;
}

Baseline baseline_of(std::span<const PerformanceSnapshot> snapshots, std::string name) {
  Baseline baseline{.name = std::move(name)};
  for (const WindowMeasure& measure : kWindowMeasures) {
    BaselineMeasure samples{
        .name = measure.name, .better = measure.better, .level_min = measure.level_min};
    for (const PerformanceSnapshot& snapshot : snapshots) {
      if (snapshot.window.count() > 0) samples.samples.push_back(measure.value(snapshot));
    }
    baseline.measures.push_back(std::move(samples));
  }
  if (!snapshots.empty()) {
    baseline.recorded_at = snapshots.back().timestamp;
    baseline.interval = snapshots.back().window;
  }
  return baseline;
}

BaselineComparison compare_baselines(const Baseline& before, const Baseline& after,
                                     const BaselineRules& rules) {
  const auto judged =
      std::count_if(before.measures.begin(), before.measures.end(),
                    [&](const BaselineMeasure& measure) { return is_judged(measure, after); });
  BaselineComparison comparison;
  comparison.measure_confidence =
      1 - (1 - rules.confidence_min) / static_cast<double>(std::max<std::ptrdiff_t>(judged, 1));
  for (const BaselineMeasure& measure : before.measures) {
    const BaselineMeasure* const other = after.find(measure.name);
    if (other == nullptr) continue;
    const bool paired = rules.paired && measure.samples.size() == other->samples.size();
    comparison.measures.push_back(
        {.name = measure.name,
         .better = measure.better,
         .result = compare_samples(
             measure.samples, other->samples,
             {.change_min = rules.change_min,
              .confidence_min = comparison.measure_confidence,
              .better = measure.better,
              .level_min = std::max(measure.level_min, other->level_min),
              .paired = paired,
              .series = before.interval.count() > 0 || after.interval.count() > 0})});
  }
  comparison.verdict = all_together(comparison.measures);
  return comparison;
}

}  // namespace eventcore::monitor
