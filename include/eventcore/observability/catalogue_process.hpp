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
inline constexpr MetricDescription kBuildInfo{.name = "eventcore_build_info",
                                              .kind = MetricKind::Gauge,
                                              .labels = kByBuild,
                                              .help = "Always 1; its labels say what is running.",
                                              .since = "0.1.0"};
inline constexpr MetricDescription kMetricsSeries{.name = "eventcore_metrics_series",
                                                  .kind = MetricKind::Gauge,
                                                  .help = "Series of this registry.",
                                                  .since = "0.1.0"};
inline constexpr MetricDescription kMetricsScrapeSeconds{
    .name = "eventcore_metrics_scrape_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .buckets = kLatencyBuckets,
    .help = "Time it took to write a page of metrics.",
    .since = "0.1.0"};
inline constexpr MetricDescription kMetricsLabelOverflowTotal{
    .name = "eventcore_metrics_label_overflow_total",
    .kind = MetricKind::Counter,
    .labels = kByFamily,
    .help = "Times that a series was asked for which is past the limits of its family.",
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
    .help = "When the process started, in seconds since 1970.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProcessThreads{.name = "process_threads",
                                                   .kind = MetricKind::Gauge,
                                                   .help = "Threads of the process.",
                                                   .since = "0.1.0"};

/// Those of this header, in the order of the reference page.
inline constexpr std::array kProcessMetrics{&kMemoryUsageBytes,
                                            &kBuildInfo,
                                            &kMetricsSeries,
                                            &kMetricsScrapeSeconds,
                                            &kMetricsLabelOverflowTotal,
                                            &kProcessCpuSecondsTotal,
                                            &kProcessResidentMemoryBytes,
                                            &kProcessVirtualMemoryBytes,
                                            &kProcessOpenFds,
                                            &kProcessMaxFds,
                                            &kProcessStartTimeSeconds,
                                            &kProcessThreads};

}  // namespace eventcore::observability::catalogue
