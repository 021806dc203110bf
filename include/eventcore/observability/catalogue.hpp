#pragma once

/// \file
/// The catalogue: every metric that EventCore exports, in one table.
///
/// Registration, `/metrics`, docs/reference/metrics.md, the golden file and `eventcore metrics
/// describe` derive from it. Names of metrics occur nowhere else. A new metric is one constant
/// and one entry of `kMetrics` here, and one line where `MetricsService` feeds it. Names that
/// begin with `process_` are those that every Prometheus client exports.

#include <array>

#include "eventcore/observability/metric_description.hpp"
#include "eventcore/observability/metric_labels.hpp"

namespace eventcore::observability::catalogue {

// Labels. Run-time values are bounded: see `LabelDescription`.
inline constexpr LabelDescription kCommandType{"command_type"};
inline constexpr std::array kByCommand{kCommandType};
inline constexpr std::array kByCommandOutcome{kCommandType, label_of<CommandOutcome>};
inline constexpr std::array kByCommandCategory{kCommandType, LabelDescription{"category"}};
inline constexpr std::array kByCommandRole{kCommandType, label_of<StreamRole>};
inline constexpr std::array kByPhase{label_of<CommandPhase>};
inline constexpr std::array kByCategory{LabelDescription{"category"}};
inline constexpr std::array kByOperation{label_of<StoreOperation>};
inline constexpr std::array kByOperationResult{label_of<StoreOperation>, label_of<StoreResult>};
inline constexpr std::array kByOperationError{label_of<StoreOperation>, label_of<ErrorCode>};
inline constexpr std::array kByBackend{LabelDescription{"backend", {}, 10}};
inline constexpr std::array kByPool{LabelDescription{"pool", {}, 10}};
inline constexpr std::array kByStream{LabelDescription{"stream_id", {}, 10}};
inline constexpr std::array kByProjection{LabelDescription{"projection_name"}};
inline constexpr std::array kByFamily{LabelDescription{"family"}};
inline constexpr std::array kByHandlerCode{LabelDescription{"handler"}, LabelDescription{"code"}};
inline constexpr std::array kByCheck{LabelDescription{"check"}};
inline constexpr std::array kByBuild{
    LabelDescription{"version", {}, 10}, LabelDescription{"commit", {}, 10},
    LabelDescription{"backend", {}, 10}, LabelDescription{"durability", {}, 10},
    LabelDescription{"compiler", {}, 10}};

// Buckets. One layout for all latencies: 50 µs to 10 s.
inline constexpr std::array kLatencyBuckets{50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3,
                                            5e-3,  10e-3,  25e-3,  50e-3,  0.1,  0.25,
                                            0.5,   1.0,    2.5,    5.0,    10.0};
inline constexpr std::array kAttemptBuckets{1.0, 2.0, 3.0, 5.0, 8.0, 13.0};
inline constexpr std::array kWidthBuckets{0.0,  1.0,  2.0,  3.0,   5.0,   8.0,
                                          13.0, 21.0, 34.0, 100.0, 300.0, 1000.0};
inline constexpr std::array kSizeBuckets{0.0,  1.0,   2.0,   5.0,    10.0,   20.0,
                                         50.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0};
inline constexpr std::array kBatchBuckets{1.0,   2.0,   4.0,   8.0,    16.0,   32.0,  64.0,
                                          128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0};

// Commands.
inline constexpr MetricDescription kCommandsTotal{
    .name = "eventcore_commands_total",
    .kind = MetricKind::Counter,
    .labels = kByCommand,
    .help = "Finished command executions, whatever their outcome.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandDurationSeconds{
    .name = "eventcore_command_duration_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByCommand,
    .buckets = kLatencyBuckets,
    .help = "Duration of a command execution with its reads, attempts and backoff.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandErrorsTotal{
    .name = "eventcore_command_errors_total",
    .kind = MetricKind::Counter,
    .labels = kByCommand,
    .help = "Command executions that failed; a refusal by the business rules is no error.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandOutcomesTotal{
    .name = "eventcore_command_outcomes_total",
    .kind = MetricKind::Counter,
    .labels = kByCommandOutcome,
    .help = "Command executions by how they ended.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandAttempts{
    .name = "eventcore_command_attempts",
    .kind = MetricKind::Histogram,
    .labels = kByCommand,
    .buckets = kAttemptBuckets,
    .help = "Attempts of a command execution; one if nothing interfered.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandRetriesTotal{
    .name = "eventcore_command_retries_total",
    .kind = MetricKind::Counter,
    .labels = kByCommand,
    .help = "Attempts of commands beyond their first.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandConflictsTotal{
    .name = "eventcore_command_conflicts_total",
    .kind = MetricKind::Counter,
    .labels = kByCommandCategory,
    .help =
        "Attempts that failed because a stream of this category had moved; none if it is not "
        "known which.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandStreams{
    .name = "eventcore_command_streams",
    .kind = MetricKind::Histogram,
    .labels = kByCommandRole,
    .buckets = kWidthBuckets,
    .help = "Streams of a command's consistency boundary by what it did with them.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandEventsEmitted{
    .name = "eventcore_command_events_emitted",
    .kind = MetricKind::Histogram,
    .labels = kByCommand,
    .buckets = kSizeBuckets,
    .help = "Events that a committed command wrote.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandEventsReplayed{
    .name = "eventcore_command_events_replayed",
    .kind = MetricKind::Histogram,
    .labels = kByCommand,
    .buckets = kSizeBuckets,
    .help = "Events that a command read and folded; cached state costs none.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandPhaseSeconds{
    .name = "eventcore_command_phase_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByPhase,
    .buckets = kLatencyBuckets,
    .help =
        "Where commands spend their time. Only measured commands count, by default one "
        "in 16.",
    .since = "0.1.0"};

// Event store.
inline constexpr MetricDescription kEventsWrittenTotal{
    .name = "eventcore_events_written_total",
    .kind = MetricKind::Counter,
    .labels = kByCategory,
    .help = "Events durably committed by stream category.",
    .since = "0.1.0"};
inline constexpr MetricDescription kEventStoreLatencySeconds{
    .name = "eventcore_event_store_latency_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByOperation,
    .buckets = kLatencyBuckets,
    .help =
        "Duration of an event store operation from submission to completion; failed "
        "ones too.",
    .since = "0.1.0"};
inline constexpr MetricDescription kEventStoreOperationsTotal{
    .name = "eventcore_event_store_operations_total",
    .kind = MetricKind::Counter,
    .labels = kByOperationResult,
    .help =
        "Finished event store operations by result. A refused command is a write too: it checks "
        "what it read.",
    .since = "0.1.0"};
inline constexpr MetricDescription kEventStoreErrorsTotal{
    .name = "eventcore_event_store_errors_total",
    .kind = MetricKind::Counter,
    .labels = kByOperationError,
    .help = "Failed event store operations by error; a version conflict is no error.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreUp{.name = "eventcore_store_up",
                                            .kind = MetricKind::Gauge,
                                            .labels = kByBackend,
                                            .help = "Whether the store can be used: 1 or 0.",
                                            .since = "0.1.0"};
inline constexpr MetricDescription kStoreHeadPosition{
    .name = "eventcore_store_head_position",
    .kind = MetricKind::Gauge,
    .help = "Position of the last committed event.",
    .since = "0.1.0"};
inline constexpr MetricDescription kAppendBatchCommands{.name = "eventcore_append_batch_commands",
                                                        .kind = MetricKind::Histogram,
                                                        .buckets = kBatchBuckets,
                                                        .help = "Commands of one group commit.",
                                                        .since = "0.1.0"};
inline constexpr MetricDescription kAppendBatchEvents{.name = "eventcore_append_batch_events",
                                                      .kind = MetricKind::Histogram,
                                                      .buckets = kBatchBuckets,
                                                      .help = "Events of one group commit.",
                                                      .since = "0.1.0"};
inline constexpr MetricDescription kAppendBytesTotal{
    .name = "eventcore_append_bytes_total",
    .kind = MetricKind::Counter,
    .unit = MetricUnit::Bytes,
    .help = "Bytes of committed events: types, headers and payloads.",
    .since = "0.1.0"};
inline constexpr MetricDescription kAppendConflictsTotal{
    .name = "eventcore_append_conflicts_total",
    .kind = MetricKind::Counter,
    .help = "Batches that the store turned away because a stream had moved.",
    .since = "0.1.0"};
inline constexpr MetricDescription kAppendQueueDepth{
    .name = "eventcore_append_queue_depth",
    .kind = MetricKind::Gauge,
    .help = "Operations left in the append queue after the last group commit.",
    .since = "0.1.0"};
inline constexpr MetricDescription kAppendQueueWaitSeconds{
    .name = "eventcore_append_queue_wait_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .buckets = kLatencyBuckets,
    .help = "Longest wait in the append queue among the commands of one group commit.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommitSeconds{
    .name = "eventcore_commit_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .buckets = kLatencyBuckets,
    .help = "Duration of a group commit from its first write until it is durable.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolSize{.name = "eventcore_connection_pool_size",
                                                       .kind = MetricKind::Gauge,
                                                       .labels = kByPool,
                                                       .help = "Open connections of a pool.",
                                                       .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolMaxSize{
    .name = "eventcore_connection_pool_max_size",
    .kind = MetricKind::Gauge,
    .labels = kByPool,
    .help = "Connections that a pool may open.",
    .since = "0.1.0"};

// Streams.
inline constexpr MetricDescription kActiveStreams{
    .name = "eventcore_active_streams",
    .kind = MetricKind::Gauge,
    .help = "Distinct streams that commands touched in the last 15 minutes.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStreamVersions{
    .name = "eventcore_stream_versions",
    .kind = MetricKind::Gauge,
    .labels = kByStream,
    .help = "Versions of the longest streams seen; at most 10 of them.",
    .since = "0.1.0"};

// Projections.
inline constexpr MetricDescription kProjectionEventsProcessedTotal{
    .name = "eventcore_projection_events_processed_total",
    .kind = MetricKind::Counter,
    .labels = kByProjection,
    .help = "Events that a projection has processed.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionLagSeconds{
    .name = "eventcore_projection_lag_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .help = "Age of the oldest committed event that a projection has not covered; 0 if none.",
    .since = "0.1.0"};

// Endpoints.
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
    .help = "State of a health check: 0 fails, 1 warns, 2 passes.",
    .since = "0.1.0"};

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

/// All of them, in the order of the reference page.
inline constexpr std::array<const MetricDescription*, 45> kMetrics{&kCommandsTotal,
                                                                   &kCommandDurationSeconds,
                                                                   &kCommandErrorsTotal,
                                                                   &kCommandOutcomesTotal,
                                                                   &kCommandAttempts,
                                                                   &kCommandRetriesTotal,
                                                                   &kCommandConflictsTotal,
                                                                   &kCommandStreams,
                                                                   &kCommandEventsEmitted,
                                                                   &kCommandEventsReplayed,
                                                                   &kCommandPhaseSeconds,
                                                                   &kEventsWrittenTotal,
                                                                   &kEventStoreLatencySeconds,
                                                                   &kEventStoreOperationsTotal,
                                                                   &kEventStoreErrorsTotal,
                                                                   &kStoreUp,
                                                                   &kStoreHeadPosition,
                                                                   &kAppendBatchCommands,
                                                                   &kAppendBatchEvents,
                                                                   &kAppendBytesTotal,
                                                                   &kAppendConflictsTotal,
                                                                   &kAppendQueueDepth,
                                                                   &kAppendQueueWaitSeconds,
                                                                   &kCommitSeconds,
                                                                   &kConnectionPoolSize,
                                                                   &kConnectionPoolMaxSize,
                                                                   &kActiveStreams,
                                                                   &kStreamVersions,
                                                                   &kProjectionEventsProcessedTotal,
                                                                   &kProjectionLagSeconds,
                                                                   &kHttpRequestsTotal,
                                                                   &kHealthStatus,
                                                                   &kMemoryUsageBytes,
                                                                   &kBuildInfo,
                                                                   &kMetricsSeries,
                                                                   &kMetricsSharingThreads,
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
