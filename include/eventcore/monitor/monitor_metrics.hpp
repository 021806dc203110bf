#pragma once

/// \file
/// `show_monitor`: what a monitor sees, as metrics beside those that it is computed from.
///
///     auto shown = monitor::show_monitor(metrics->registry(), monitor);

#include <memory>
#include <vector>

#include "eventcore/monitor/performance_monitor.hpp"
#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/result.hpp"

namespace eventcore::monitor {

/// Shows the latest snapshot and the latest analysis of `monitor`:
/// `eventcore_monitor_commands_per_second`,
/// `_events_per_second`, `_latency_seconds` by `statistic`, `_error_ratio`,
/// `_conflicts_per_second`,
/// `_snapshot_age_seconds`, and by `measure` `_trend` (1 up, -1 down, 0 stable),
/// `_trend_change_ratio` and
/// `_trend_confidence_ratio`. What does not exist has no series: a latency without commands, a
/// trend of too few snapshots. They are shown while what it returns is kept. Errors:
/// InvalidArgument (they are shown already). Cost: at each scrape a few microseconds.
[[nodiscard]] Result<std::vector<observability::ObserverRegistration>> show_monitor(
    observability::MetricRegistry& registry, std::shared_ptr<const PerformanceMonitor> monitor,
    const Clock& clock = system_clock());

}  // namespace eventcore::monitor
