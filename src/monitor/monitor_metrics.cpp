#include "eventcore/monitor/monitor_metrics.hpp"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace eventcore::monitor {

namespace {

using namespace observability;

constexpr std::array kByStatistic{LabelDescription{"statistic", {}, 4}};
constexpr std::array kByMeasure{LabelDescription{"measure", {}, 6}};

/// A metric that is one number of a snapshot.
struct SnapshotMetric {
  MetricDescription description;
  double PerformanceSnapshot::*value;
};

constexpr SnapshotMetric kNumbers[] = {
    {{.name = "eventcore_monitor_commands_per_second",
      .kind = MetricKind::Gauge,
      .help = "Finished commands a second, over the monitor's latest window."},
     &PerformanceSnapshot::commands_per_second},
    {{.name = "eventcore_monitor_events_per_second",
      .kind = MetricKind::Gauge,
      .help = "Written events a second, over the monitor's latest window."},
     &PerformanceSnapshot::events_per_second},
    {{.name = "eventcore_monitor_conflicts_per_second",
      .kind = MetricKind::Gauge,
      .help = "Batches that the store turned away a second, over the monitor's latest window."},
     &PerformanceSnapshot::conflicts_per_second},
    {{.name = "eventcore_monitor_error_ratio",
      .kind = MetricKind::Gauge,
      .help = "Share of commands that failed, over the monitor's latest window."},
     &PerformanceSnapshot::error_rate},
};

constexpr MetricDescription kLatency{
    .name = "eventcore_monitor_latency_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByStatistic,
    .help = "Latency of commands over the monitor's latest window: avg, p50, p95 and p99."};
constexpr MetricDescription kAge{.name = "eventcore_monitor_snapshot_age_seconds",
                                 .kind = MetricKind::Gauge,
                                 .unit = MetricUnit::Seconds,
                                 .help = "Age of the monitor's latest snapshot."};
constexpr MetricDescription kTrend{
    .name = "eventcore_monitor_trend",
    .kind = MetricKind::Gauge,
    .labels = kByMeasure,
    .help =
        "Where a measure of the service goes: 1 up, -1 down, 0 stable; absent if too few "
        "snapshots tell."};
constexpr MetricDescription kChange{
    .name = "eventcore_monitor_trend_change_ratio",
    .kind = MetricKind::Gauge,
    .labels = kByMeasure,
    .help = "By what share of its former level a measure has changed, significant or not."};
constexpr MetricDescription kConfidence{
    .name = "eventcore_monitor_trend_confidence_ratio",
    .kind = MetricKind::Gauge,
    .labels = kByMeasure,
    .help = "How certain it is that the change of a measure is not chance."};

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
  std::vector<ObserverRegistration> shown;
  const auto show = [&](const MetricDescription& description,
                        ObserveCallback callback) -> Result<void> {
    auto observer = registry.observe(description, std::move(callback));
    if (!observer) return observer.error();
    shown.push_back(*std::move(observer));
    return {};
  };
  const auto show_snapshot = [&](const MetricDescription& description, auto report) {
    return show(description, [monitor, report](Observations& observations) {
      if (const auto snapshot = monitor->latest()) report(*snapshot, observations);
    });
  };
  const auto show_trend = [&](const MetricDescription& description, auto value) {
    return show(description, [monitor, value](Observations& observations) {
      report_trends(monitor->latest_analysis(), observations, value);
    });
  };
  for (const SnapshotMetric& metric : kNumbers) {
    const auto done =
        show_snapshot(metric.description,
                      [value = metric.value](const PerformanceSnapshot& snapshot,
                                             Observations& to) { to.report(snapshot.*value); });
    if (!done) return done.error();
  }
  const auto age = [&clock](const PerformanceSnapshot& snapshot, Observations& to) {
    to.report(std::chrono::duration<double>(clock.wall() - snapshot.timestamp).count());
  };
  if (auto done = show_snapshot(kLatency, report_latency); !done) return done.error();
  if (auto done = show_snapshot(kAge, age); !done) return done.error();
  if (auto done = show_trend(kTrend, direction); !done) return done.error();
  const auto change = [](const TrendFinding& finding) { return finding.change; };
  if (auto done = show_trend(kChange, change); !done) return done.error();
  const auto confidence = [](const TrendFinding& finding) { return finding.confidence; };
  if (auto done = show_trend(kConfidence, confidence); !done) return done.error();
  return shown;
}

}  // namespace eventcore::monitor
