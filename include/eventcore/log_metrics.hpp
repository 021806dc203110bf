#pragma once

/// \file
/// `show_log`: what the log has done, as metrics beside EventCore's own.
///
///     auto shown = observability::show_log(metrics->registry());
///
/// The only place that knows both. The metrics are shown while what it returns is kept.

#include <vector>

#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/result.hpp"

namespace eventcore::observability {

/// Shows `log_stats()`: `eventcore_log_records_written_total`, `_dropped_total` by level,
/// `_lost_total`, `_suppressed_total`, `_cut_total`, `eventcore_log_sink_errors_total`,
/// `eventcore_log_queue_bytes`, `eventcore_log_queue_capacity_bytes`. Errors: InvalidArgument (they
/// are shown already). Cost: at each scrape less than a microsecond.
[[nodiscard]] Result<std::vector<ObserverRegistration>> show_log(MetricRegistry& registry);

}  // namespace eventcore::observability
