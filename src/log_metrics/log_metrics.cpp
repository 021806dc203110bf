#include "eventcore/log_metrics.hpp"

#include <algorithm>
#include <utility>

#include "../observability/shown_together.hpp"
#include "eventcore/logging/logging.hpp"
#include "eventcore/observability/catalogue_telemetry.hpp"

namespace eventcore::observability {

namespace {

constexpr std::pair<const MetricDescription*, std::uint64_t LogStats::*> kNumbers[] = {
    {&catalogue::kLogRecordsWrittenTotal, &LogStats::written},
    {&catalogue::kLogRecordsLostTotal, &LogStats::lost},
    {&catalogue::kLogRecordsSuppressedTotal, &LogStats::suppressed},
    {&catalogue::kLogRecordsCutTotal, &LogStats::cut},
    {&catalogue::kLogSinkErrorsTotal, &LogStats::sink_errors},
    {&catalogue::kLogQueueBytes, &LogStats::queued_bytes},
    {&catalogue::kLogQueueCapacityBytes, &LogStats::queue_capacity},
};

static_assert(catalogue::kLevels.size() == kLogLevels);

void report_dropped(Observations& observations) {
  const LogStats stats = log_stats();
  for (std::size_t level = 0; level < kLogLevels; ++level) {
    observations.report(static_cast<double>(stats.dropped[level]),
                        {to_string(static_cast<LogLevel>(level))});
  }
}

}  // namespace

Result<std::vector<ObserverRegistration>> show_log(MetricRegistry& registry) {
  ShownTogether shown(registry);
  for (const auto& [description, value] : kNumbers) {
    shown.show(*description, [value = value](Observations& observations) {
      observations.report(static_cast<double>(log_stats().*value));
    });
  }
  shown.show(catalogue::kLogRecordsDroppedTotal, report_dropped);
  return shown.take();
}

}  // namespace eventcore::observability
