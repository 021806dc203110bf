#pragma once

/// \file
/// The catalogue: metrics of the process and of telemetry itself.

#include <array>

#include "eventcore/observability/catalogue_labels.hpp"
#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability::catalogue {

// Process and telemetry.
inline constexpr MetricDescription kMemoryUsageBytes{.name = "eventcore_memory_usage_bytes",
                                                     .kind = MetricKind::Gauge,
                                                     .unit = MetricUnit::Bytes,
                                                     .help = "Resident memory of the process.",
                                                     .since = "0.1.0"};
inline constexpr MetricDescription kMemoryLimitBytes{
    .name = "eventcore_memory_limit_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .help =
        "Memory that the process may use: the least limit of its control groups, else what the "
        "machine has.",
    .since = "0.1.0"};
inline constexpr MetricDescription kHttpRequestsTotal{
    .name = "eventcore_http_requests_total",
    .kind = MetricKind::Counter,
    .labels = kByHandlerCode,
    .help =
        "Requests to the server of metrics and health by route and status; unmatched if no route "
        "took them.",
    .since = "0.1.0"};
inline constexpr MetricDescription kHealthStatus{
    .name = "eventcore_health_status",
    .kind = MetricKind::Gauge,
    .labels = kByCheck,
    .across = Across::Min,
    .help = "State of a health check: 0 fails, 1 warns, 2 passes.",
    .since = "0.1.0"};
inline constexpr MetricDescription kBuildInfo{.name = "eventcore_build_info",
                                              .kind = MetricKind::Info,
                                              .labels = kByBuild,
                                              .help = "Always 1; its labels say what is running.",
                                              .since = "0.1.0"};
inline constexpr MetricDescription kMetricsSeries{.name = "eventcore_metrics_series",
                                                  .kind = MetricKind::Gauge,
                                                  .help = "Series of this registry.",
                                                  .since = "0.1.0"};
inline constexpr MetricDescription kMetricsSharingThreads{
    .name = "eventcore_metrics_sharing_threads",
    .kind = MetricKind::Gauge,
    .help =
        "Threads that got no cells of their own because memory had run out; their updates may be "
        "lost.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMetricsScrapeSeconds{
    .name = "eventcore_metrics_scrape_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .buckets = kLatencyBuckets,
    .help = "Time it took to write a page of metrics.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMetricsTimingWeight{
    .name = "eventcore_metrics_timing_weight",
    .kind = MetricKind::Gauge,
    .labels = kByTimed,
    .across = Across::Max,
    .help =
        "Commands that one in the histograms of commands, or with measured phases, stands for; 0 "
        "if none is measured.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMetricsUpdateCostSeconds{
    .name = "eventcore_metrics_update_cost_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByUpdate,
    .across = Across::Max,
    .help = "What one update costs, measured at the start; a clock is read twice for a duration.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMetricsCollectorAgeSeconds{
    .name = "eventcore_metrics_collector_age_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByCollector,
    .across = Across::Max,
    .help = "Age of values that are not read at every scrape.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMetricsLabelOverflowTotal{
    .name = "eventcore_metrics_label_overflow_total",
    .kind = MetricKind::Counter,
    .labels = kByFamily,
    .help = "Times that a series was asked for which is past the limits of its family.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMetricsFamilyUsedRatio{
    .name = "eventcore_metrics_family_used_ratio",
    .kind = MetricKind::Gauge,
    .labels = kByFamily,
    .across = Across::Max,
    .help =
        "Share of its limit that a family has used: of label values, for the label that is nearest "
        "to it, or of series. At 1 what is new goes to the overflow series.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProcessCpuSecondsTotal{
    .name = "process_cpu_seconds_total",
    .kind = MetricKind::Counter,
    .unit = MetricUnit::Seconds,
    .help = "User and system time of the process.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProcessResidentMemoryBytes{
    .name = "process_resident_memory_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .help = "Resident memory of the process.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProcessVirtualMemoryBytes{
    .name = "process_virtual_memory_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .help = "Virtual memory of the process.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProcessVirtualMemoryMaxBytes{
    .name = "process_virtual_memory_max_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .help = "Virtual memory that the process may use; 2^64 if there is no limit.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProcessOpenFds{.name = "process_open_fds",
                                                   .kind = MetricKind::Gauge,
                                                   .help = "Open file descriptors of the process.",
                                                   .since = "0.1.0"};
inline constexpr MetricDescription kProcessMaxFds{
    .name = "process_max_fds",
    .kind = MetricKind::Gauge,
    .help = "File descriptors that the process may open.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProcessStartTimeSeconds{
    .name = "process_start_time_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .across = Across::Max,
    .help = "When the process started, in seconds since 1970.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProcessThreads{.name = "process_threads",
                                                   .kind = MetricKind::Gauge,
                                                   .help = "Threads of the process.",
                                                   .since = "0.1.0"};

/// Those of this header, in the order of the reference page.
inline constexpr std::array kProcessMetrics{&kMemoryUsageBytes,
                                            &kMemoryLimitBytes,
                                            &kBuildInfo,
                                            &kHttpRequestsTotal,
                                            &kHealthStatus,
                                            &kMetricsSeries,
                                            &kMetricsSharingThreads,
                                            &kMetricsScrapeSeconds,
                                            &kMetricsTimingWeight,
                                            &kMetricsUpdateCostSeconds,
                                            &kMetricsCollectorAgeSeconds,
                                            &kMetricsLabelOverflowTotal,
                                            &kMetricsFamilyUsedRatio,
                                            &kProcessCpuSecondsTotal,
                                            &kProcessResidentMemoryBytes,
                                            &kProcessVirtualMemoryBytes,
                                            &kProcessVirtualMemoryMaxBytes,
                                            &kProcessOpenFds,
                                            &kProcessMaxFds,
                                            &kProcessStartTimeSeconds,
                                            &kProcessThreads};

}  // namespace eventcore::observability::catalogue
