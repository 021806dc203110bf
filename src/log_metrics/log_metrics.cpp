#include "eventcore/log_metrics.hpp"

#include <utility>

#include "eventcore/logging/logging.hpp"

namespace eventcore::observability {

namespace {

constexpr LabelDescription kByLevel[] = {{"level", {}, kLogLevels}};

/// A metric that is one number of the stats.
struct LogMetric {
  MetricDescription description;
  std::uint64_t LogStats::*value;
};

constexpr LogMetric kMetrics[] = {
    {{.name = "eventcore_log_records_written_total", .help = "Log records given to the sink."},
     &LogStats::written},
    {{.name = "eventcore_log_records_lost_total", .help = "Log records that the sink failed on."},
     &LogStats::lost},
    {{.name = "eventcore_log_records_suppressed_total",
      .help = "Log records above the limit of their call site."},
     &LogStats::suppressed},
    {{.name = "eventcore_log_records_cut_total",
      .help = "Log records of which something was cut off."},
     &LogStats::cut},
    {{.name = "eventcore_log_sink_errors_total", .help = "Failures of the sink."},
     &LogStats::sink_errors},
    {{.name = "eventcore_log_queue_bytes",
      .kind = MetricKind::Gauge,
      .unit = MetricUnit::Bytes,
      .help = "Bytes of log records that wait to be written."},
     &LogStats::queued_bytes},
    {{.name = "eventcore_log_queue_capacity_bytes",
      .kind = MetricKind::Gauge,
      .unit = MetricUnit::Bytes,
      .help = "Bytes of log records for which there is room."},
     &LogStats::queue_capacity},
};

constexpr MetricDescription kDropped{.name = "eventcore_log_records_dropped_total",
                                     .labels = kByLevel,
                                     .help = "Log records that a full queue had no room for."};

void report_dropped(Observations& observations) {
  const LogStats stats = log_stats();
  for (std::size_t level = 0; level < kLogLevels; ++level) {
    observations.report(static_cast<double>(stats.dropped[level]),
                        {to_string(static_cast<LogLevel>(level))});
  }
}

}  // namespace

Result<std::vector<ObserverRegistration>> show_log(MetricRegistry& registry) {
  std::vector<ObserverRegistration> shown;
  const auto show = [&](const MetricDescription& description,
                        ObserveCallback callback) -> Result<void> {
    auto observer = registry.observe(description, std::move(callback));
    if (!observer) return observer.error();
    shown.push_back(*std::move(observer));
    return {};
  };
  for (const LogMetric& metric : kMetrics) {
    const auto done = show(metric.description, [value = metric.value](Observations& observations) {
      observations.report(static_cast<double>(log_stats().*value));
    });
    if (!done) return done.error();
  }
  if (const auto done = show(kDropped, report_dropped); !done) return done.error();
  return shown;
}

}  // namespace eventcore::observability
