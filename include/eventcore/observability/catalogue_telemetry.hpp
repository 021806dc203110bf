#pragma once

/// \file
/// The catalogue: metrics of logs, traces, their export and the performance monitor. Each is there
/// while what it tells of is shown: `show_log`, `show_telemetry`, `monitor::show_monitor`.

#include <array>
#include <string_view>

#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability::catalogue {

inline constexpr std::array<std::string_view, 5> kLevels{"trace", "debug", "info", "warn", "error"};
inline constexpr std::array<std::string_view, 3> kSignals{"traces", "metrics", "logs"};
inline constexpr std::array<std::string_view, 2> kSpanLosses{"full", "late"};
inline constexpr std::array<std::string_view, 3> kExportLosses{"full", "refused", "ended"};
inline constexpr std::array<std::string_view, 4> kStatistics{"avg", "p50", "p95", "p99"};
inline constexpr std::array<std::string_view, 6> kMeasures{"throughput", "latency", "p95_latency",
                                                           "error_rate", "memory",  "conflicts"};

inline constexpr std::array kByLevel{LabelDescription{"level", kLevels}};
inline constexpr std::array kBySignal{LabelDescription{"signal", kSignals}};
inline constexpr std::array kBySpanLoss{LabelDescription{"reason", kSpanLosses}};
inline constexpr std::array kByExportLoss{LabelDescription{"signal", kSignals},
                                          LabelDescription{"reason", kExportLosses}};
inline constexpr std::array kByStatistic{LabelDescription{"statistic", kStatistics}};
inline constexpr std::array kByMeasure{LabelDescription{"measure", kMeasures}};
inline constexpr std::array kByBaselineMeasure{LabelDescription{"measure", {}, 32}};

// The log.
inline constexpr MetricDescription kLogRecordsWrittenTotal{
    .name = "eventcore_log_records_written_total",
    .help = "Log records given to the sink.",
    .since = "0.1.0"};
inline constexpr MetricDescription kLogRecordsDroppedTotal{
    .name = "eventcore_log_records_dropped_total",
    .labels = kByLevel,
    .help = "Log records that a full queue had no room for.",
    .since = "0.1.0"};
inline constexpr MetricDescription kLogRecordsLostTotal{
    .name = "eventcore_log_records_lost_total",
    .help = "Log records that the sink failed on.",
    .since = "0.1.0"};
inline constexpr MetricDescription kLogRecordsSuppressedTotal{
    .name = "eventcore_log_records_suppressed_total",
    .help = "Log records above the limit of their call site.",
    .since = "0.1.0"};
inline constexpr MetricDescription kLogRecordsCutTotal{
    .name = "eventcore_log_records_cut_total",
    .help = "Log records of which something was cut off.",
    .since = "0.1.0"};
inline constexpr MetricDescription kLogSinkErrorsTotal{
    .name = "eventcore_log_sink_errors_total",
    .help = "Failures of a sink or exporter of the log.",
    .since = "0.1.0"};
inline constexpr MetricDescription kLogQueueBytes{
    .name = "eventcore_log_queue_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .help = "Bytes of log records that wait to be written.",
    .since = "0.1.0"};
inline constexpr MetricDescription kLogQueueCapacityBytes{
    .name = "eventcore_log_queue_capacity_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .help = "Bytes of log records for which there is room.",
    .since = "0.1.0"};

// Traces.
inline constexpr MetricDescription kSpansDeliveredTotal{
    .name = "eventcore_spans_delivered_total",
    .help = "Spans given to the exporter and other sinks.",
    .since = "0.1.0"};
inline constexpr MetricDescription kSpansDroppedTotal{
    .name = "eventcore_spans_dropped_total",
    .labels = kBySpanLoss,
    .help =
        "Spans lost before they were given to a sink: a full queue of their thread, or an end "
        "after the end of tracing.",
    .since = "0.1.0"};
inline constexpr MetricDescription kSpansNotKeptTotal{
    .name = "eventcore_spans_not_kept_total",
    .help = "Spans recorded in case their trace failed or was slow, which it was not.",
    .since = "0.1.0"};
inline constexpr MetricDescription kSpansHeld{
    .name = "eventcore_spans_held",
    .kind = MetricKind::Gauge,
    .help = "Spans that wait for the end of their trace to be kept or not.",
    .since = "0.1.0"};
inline constexpr MetricDescription kTracesUndecidedTotal{
    .name = "eventcore_traces_undecided_total",
    .help = "Traces that had to go before it was known whether to keep them.",
    .since = "0.1.0"};

// Export by OTLP, in spans, log records, or snapshots of metrics.
inline constexpr MetricDescription kOtlpTakenTotal{
    .name = "eventcore_otlp_taken_total",
    .labels = kBySignal,
    .help = "Items given to an exporter: exported, dropped or queued.",
    .since = "0.1.0"};
inline constexpr MetricDescription kOtlpExportedTotal{
    .name = "eventcore_otlp_exported_total",
    .labels = kBySignal,
    .help = "Items that the collector has accepted.",
    .since = "0.1.0"};
inline constexpr MetricDescription kOtlpDroppedTotal{
    .name = "eventcore_otlp_dropped_total",
    .labels = kByExportLoss,
    .help =
        "Items that the collector did not get: the queue was full, it refused them, or the "
        "exporter ended first.",
    .since = "0.1.0"};
inline constexpr MetricDescription kOtlpRequestsTotal{
    .name = "eventcore_otlp_requests_total",
    .labels = kBySignal,
    .help = "Requests to the collector, each try counted.",
    .since = "0.1.0"};
inline constexpr MetricDescription kOtlpFailedRequestsTotal{
    .name = "eventcore_otlp_failed_requests_total",
    .labels = kBySignal,
    .help = "Requests that the collector did not accept.",
    .since = "0.1.0"};
inline constexpr MetricDescription kOtlpQueueLength{
    .name = "eventcore_otlp_queue_length",
    .kind = MetricKind::Gauge,
    .labels = kBySignal,
    .help = "Items that wait for the collector or are being sent.",
    .since = "0.1.0"};
inline constexpr MetricDescription kOtlpQueueLimit{.name = "eventcore_otlp_queue_limit",
                                                   .kind = MetricKind::Gauge,
                                                   .labels = kBySignal,
                                                   .help = "Items that may wait.",
                                                   .since = "0.1.0"};
inline constexpr MetricDescription kOtlpQueueBytes{.name = "eventcore_otlp_queue_bytes",
                                                   .kind = MetricKind::Gauge,
                                                   .unit = MetricUnit::Bytes,
                                                   .labels = kBySignal,
                                                   .help = "Bytes of the items that wait.",
                                                   .since = "0.1.0"};
inline constexpr MetricDescription kOtlpReachable{
    .name = "eventcore_otlp_reachable",
    .kind = MetricKind::Gauge,
    .labels = kBySignal,
    .across = Across::Min,
    .help = "1 if the last request to the collector had an answer, else 0.",
    .since = "0.1.0"};

// The performance monitor.
inline constexpr MetricDescription kMonitorCommandsPerSecond{
    .name = "eventcore_monitor_commands_per_second",
    .kind = MetricKind::Gauge,
    .help = "Finished commands a second, over the monitor's latest window.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMonitorEventsPerSecond{
    .name = "eventcore_monitor_events_per_second",
    .kind = MetricKind::Gauge,
    .help = "Written events a second, over the monitor's latest window.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMonitorConflictsPerSecond{
    .name = "eventcore_monitor_conflicts_per_second",
    .kind = MetricKind::Gauge,
    .help = "Batches that the store turned away a second, over the monitor's latest window.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMonitorErrorRatio{
    .name = "eventcore_monitor_error_ratio",
    .kind = MetricKind::Gauge,
    .across = Across::Max,
    .help = "Share of commands that failed, over the monitor's latest window.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMonitorLatencySeconds{
    .name = "eventcore_monitor_latency_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByStatistic,
    .across = Across::Max,
    .help = "Latency of commands over the monitor's latest window.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMonitorSnapshotAgeSeconds{
    .name = "eventcore_monitor_snapshot_age_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .across = Across::Max,
    .help = "Age of the monitor's latest snapshot.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMonitorTrend{
    .name = "eventcore_monitor_trend",
    .kind = MetricKind::Gauge,
    .labels = kByMeasure,
    .across = Across::Max,
    .help =
        "Where a measure of the service goes: 1 up, -1 down, 0 stable; absent if too few snapshots "
        "tell.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMonitorTrendChangeRatio{
    .name = "eventcore_monitor_trend_change_ratio",
    .kind = MetricKind::Gauge,
    .labels = kByMeasure,
    .across = Across::Max,
    .help = "By what share of its former level a measure has changed, significant or not.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMonitorTrendConfidenceRatio{
    .name = "eventcore_monitor_trend_confidence_ratio",
    .kind = MetricKind::Gauge,
    .labels = kByMeasure,
    .across = Across::Max,
    .help = "How certain it is that the change of a measure is not chance.",
    .since = "0.1.0"};

// What the performance monitor finds beside a baseline.
inline constexpr MetricDescription kBaselineDeviationRatio{
    .name = "eventcore_baseline_deviation_ratio",
    .kind = MetricKind::Gauge,
    .labels = kByBaselineMeasure,
    .across = Across::Max,
    .help = "By what share a measure differs from the baseline: 0.1 is 10 % above it.",
    .since = "0.1.0"};
inline constexpr MetricDescription kBaselineVerdict{
    .name = "eventcore_baseline_verdict",
    .kind = MetricKind::Gauge,
    .labels = kByBaselineMeasure,
    .across = Across::Max,
    .help =
        "Whether a measure differs from the baseline by more than chance and by enough to matter: "
        "1 worse, -1 better, 0 neither; absent if too few samples tell.",
    .since = "0.1.0"};

/// Those of this header, in the order of the reference page.
inline constexpr std::array kTelemetryMetrics{&kLogRecordsWrittenTotal,
                                              &kLogRecordsDroppedTotal,
                                              &kLogRecordsLostTotal,
                                              &kLogRecordsSuppressedTotal,
                                              &kLogRecordsCutTotal,
                                              &kLogSinkErrorsTotal,
                                              &kLogQueueBytes,
                                              &kLogQueueCapacityBytes,
                                              &kSpansDeliveredTotal,
                                              &kSpansDroppedTotal,
                                              &kSpansNotKeptTotal,
                                              &kSpansHeld,
                                              &kTracesUndecidedTotal,
                                              &kOtlpTakenTotal,
                                              &kOtlpExportedTotal,
                                              &kOtlpDroppedTotal,
                                              &kOtlpRequestsTotal,
                                              &kOtlpFailedRequestsTotal,
                                              &kOtlpQueueLength,
                                              &kOtlpQueueLimit,
                                              &kOtlpQueueBytes,
                                              &kOtlpReachable,
                                              &kMonitorCommandsPerSecond,
                                              &kMonitorEventsPerSecond,
                                              &kMonitorConflictsPerSecond,
                                              &kMonitorErrorRatio,
                                              &kMonitorLatencySeconds,
                                              &kMonitorSnapshotAgeSeconds,
                                              &kMonitorTrend,
                                              &kMonitorTrendChangeRatio,
                                              &kMonitorTrendConfidenceRatio,
                                              &kBaselineDeviationRatio,
                                              &kBaselineVerdict};

}  // namespace eventcore::observability::catalogue
