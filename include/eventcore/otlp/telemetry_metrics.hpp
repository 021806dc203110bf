#pragma once

/// \file
/// `show_telemetry`: what tracing and the exporters of OTLP have done, as metrics beside
/// EventCore's own.
///
///     auto shown = observability::show_telemetry(
///         metrics->registry(), {{OtlpSignal::Logs, [logs] { return logs->stats(); }}});
///
/// The metrics are shown while what it returns is kept.

#include <functional>
#include <vector>

#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/otlp/otlp_exporter.hpp"
#include "eventcore/otlp/otlp_transport.hpp"
#include "eventcore/result.hpp"

namespace eventcore::observability {

/// An exporter beside that of `init_tracing`.
struct ShownExporter {
  OtlpSignal signal = OtlpSignal::Metrics;
  std::function<OtlpStats()> stats;  ///< Called at each scrape; not empty.
};

/// Shows `tracing_stats()` as `eventcore_spans_…` and `eventcore_traces_undecided_total`, and of it
/// and of `exporters` `eventcore_otlp_…` by `signal`. What is switched off has no series.
/// Errors: InvalidArgument (they are shown already). Cost: at each scrape some microseconds.
[[nodiscard]] Result<std::vector<ObserverRegistration>> show_telemetry(
    MetricRegistry& registry, std::vector<ShownExporter> exporters = {});

}  // namespace eventcore::observability
