#include "eventcore/otlp/telemetry_metrics.hpp"

#include <memory>
#include <utility>

#include "../observability/shown_together.hpp"
#include "eventcore/observability/catalogue_telemetry.hpp"
#include "eventcore/otlp/init_tracing.hpp"

namespace eventcore::observability {
namespace {

using Exporters = std::shared_ptr<const std::vector<ShownExporter>>;

constexpr std::pair<const MetricDescription*, std::uint64_t TracerStats::*> kOfTracer[] = {
    {&catalogue::kSpansDeliveredTotal, &TracerStats::delivered},
    {&catalogue::kSpansNotKeptTotal, &TracerStats::not_kept},
    {&catalogue::kSpansHeld, &TracerStats::held},
    {&catalogue::kTracesUndecidedTotal, &TracerStats::undecided},
};

constexpr std::pair<const MetricDescription*, std::uint64_t OtlpStats::*> kOfExporters[] = {
    {&catalogue::kOtlpTakenTotal, &OtlpStats::taken},
    {&catalogue::kOtlpExportedTotal, &OtlpStats::exported},
    {&catalogue::kOtlpRequestsTotal, &OtlpStats::requests},
    {&catalogue::kOtlpFailedRequestsTotal, &OtlpStats::failed_requests},
    {&catalogue::kOtlpQueueLength, &OtlpStats::queued},
    {&catalogue::kOtlpQueueLimit, &OtlpStats::queue_max},
    {&catalogue::kOtlpQueueBytes, &OtlpStats::queued_bytes},
};

void report_lost_spans(Observations& observations) {
  if (!is_tracing()) return;
  const TracerStats stats = tracing_stats().tracer;
  observations.report(static_cast<double>(stats.dropped), {"full"});
  observations.report(static_cast<double>(stats.late), {"late"});
}

/// Calls `report` with the signal and the figures of each exporter that there is.
template <class Report>
void for_each_exporter(const Exporters& exporters, const Report& report) {
  // Without an exporter there is no queue.
  if (const OtlpStats traces = tracing_stats().otlp; traces.queue_max != 0) {
    report(to_string(OtlpSignal::Traces), traces);
  }
  for (const ShownExporter& one : *exporters) report(to_string(one.signal), one.stats());
}

void report_lost_items(const Exporters& exporters, Observations& observations) {
  for_each_exporter(exporters, [&](std::string_view signal, const OtlpStats& stats) {
    observations.report(static_cast<double>(stats.dropped_full), {signal, "full"});
    observations.report(static_cast<double>(stats.dropped_refused), {signal, "refused"});
    observations.report(static_cast<double>(stats.dropped_ended), {signal, "ended"});
  });
}

}  // namespace

Result<std::vector<ObserverRegistration>> show_telemetry(MetricRegistry& registry,
                                                         std::vector<ShownExporter> exporters) {
  ShownTogether shown(registry);
  for (const auto& [description, value] : kOfTracer) {
    shown.show(*description, [value = value](Observations& observations) {
      if (is_tracing()) observations.report(static_cast<double>(tracing_stats().tracer.*value));
    });
  }
  shown.show(catalogue::kSpansDroppedTotal, report_lost_spans);

  const auto all = std::make_shared<const std::vector<ShownExporter>>(std::move(exporters));
  for (const auto& [description, value] : kOfExporters) {
    shown.show(*description, [all, value = value](Observations& observations) {
      for_each_exporter(all, [&](std::string_view signal, const OtlpStats& stats) {
        observations.report(static_cast<double>(stats.*value), {signal});
      });
    });
  }
  shown.show(catalogue::kOtlpDroppedTotal,
             [all](Observations& observations) { report_lost_items(all, observations); });
  shown.show(catalogue::kOtlpReachable, [all](Observations& observations) {
    for_each_exporter(all, [&](std::string_view signal, const OtlpStats& stats) {
      observations.report(stats.reachable ? 1 : 0, {signal});
    });
  });
  return shown.take();
}

}  // namespace eventcore::observability
