#include "eventcore/monitor/monitor_metrics.hpp"

#include <cmath>
#include <string_view>
#include <utility>

#include "../observability/shown_together.hpp"
#include "eventcore/observability/catalogue_telemetry.hpp"

namespace eventcore::monitor {

namespace {

using namespace observability;

constexpr std::pair<const MetricDescription*, double PerformanceSnapshot::*> kNumbers[] = {
    {&catalogue::kMonitorCommandsPerSecond, &PerformanceSnapshot::commands_per_second},
    {&catalogue::kMonitorEventsPerSecond, &PerformanceSnapshot::events_per_second},
    {&catalogue::kMonitorConflictsPerSecond, &PerformanceSnapshot::conflicts_per_second},
    {&catalogue::kMonitorErrorRatio, &PerformanceSnapshot::error_rate},
};

void report_latency(const PerformanceSnapshot& snapshot, Observations& observations) {
  const std::pair<std::string_view, double> values[] = {{"avg", snapshot.avg_latency_ms},
                                                        {"p50", snapshot.p50_latency_ms},
                                                        {"p95", snapshot.p95_latency_ms},
                                                        {"p99", snapshot.p99_latency_ms}};
  for (const auto& [statistic, milliseconds] : values) {
    if (!std::isnan(milliseconds)) observations.report(milliseconds / 1e3, {statistic});
  }
}

template <class Value>
void report_trends(const TrendAnalysis& analysis, Observations& observations, Value value) {
  const std::pair<std::string_view, const TrendFinding*> findings[] = {
      {"throughput", &analysis.throughput},   {"latency", &analysis.latency},
      {"p95_latency", &analysis.p95_latency}, {"error_rate", &analysis.error_rate},
      {"memory", &analysis.memory},           {"conflicts", &analysis.conflicts}};
  for (const auto& [measure, finding] : findings) {
    if (finding->trend == Trend::InsufficientData) continue;
    observations.report(value(*finding), {measure});
  }
}

double direction(const TrendFinding& finding) {
  if (finding.trend == Trend::Increasing) return 1;
  return finding.trend == Trend::Decreasing ? -1 : 0;
}

}  // namespace

Result<std::vector<ObserverRegistration>> show_monitor(
    MetricRegistry& registry, std::shared_ptr<const PerformanceMonitor> monitor,
    const Clock& clock) {
  ShownTogether shown(registry);
  const auto show_snapshot = [&](const MetricDescription& description, auto report) {
    shown.show(description, [monitor, report](Observations& observations) {
      if (const auto snapshot = monitor->latest()) report(*snapshot, observations);
    });
  };
  const auto show_trend = [&](const MetricDescription& description, auto value) {
    shown.show(description, [monitor, value](Observations& observations) {
      report_trends(monitor->latest_analysis(), observations, value);
    });
  };
  for (const auto& [description, value] : kNumbers) {
    show_snapshot(*description, [value = value](const PerformanceSnapshot& snapshot,
                                                Observations& to) { to.report(snapshot.*value); });
  }
  show_snapshot(catalogue::kMonitorLatencySeconds, report_latency);
  show_snapshot(catalogue::kMonitorSnapshotAgeSeconds, [&clock](const PerformanceSnapshot& snapshot,
                                                                Observations& to) {
    to.report(std::chrono::duration<double>(clock.wall() - snapshot.timestamp).count());
  });
  show_trend(catalogue::kMonitorTrend, direction);
  show_trend(catalogue::kMonitorTrendChangeRatio,
             [](const TrendFinding& finding) { return finding.change; });
  show_trend(catalogue::kMonitorTrendConfidenceRatio,
             [](const TrendFinding& finding) { return finding.confidence; });
  return shown.take();
}

}  // namespace eventcore::monitor
