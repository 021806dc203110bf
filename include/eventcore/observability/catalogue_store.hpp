#pragma once

/// \file
/// The catalogue: metrics of event stores and their connection pools.

#include <array>

#include "eventcore/observability/catalogue_labels.hpp"
#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability::catalogue {

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
                                            .across = Across::Min,
                                            .help = "Whether the store can be used: 1 or 0.",
                                            .since = "0.1.0"};
inline constexpr MetricDescription kStoreHeadPosition{
    .name = "eventcore_store_head_position",
    .kind = MetricKind::Gauge,
    .across = Across::Max,
    .help = "Position of the last committed event.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreLastAppendTimestampSeconds{
    .name = "eventcore_store_last_append_timestamp_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .across = Across::Max,
    .help =
        "When the last event was committed, in seconds since 1970; absent while the store is "
        "empty.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreStreams{.name = "eventcore_store_streams",
                                                 .kind = MetricKind::Gauge,
                                                 .across = Across::Max,
                                                 .help = "Streams with events.",
                                                 .since = "0.1.0"};
inline constexpr MetricDescription kStoreEvents{.name = "eventcore_store_events",
                                                .kind = MetricKind::Gauge,
                                                .across = Across::Max,
                                                .help = "Events of the store.",
                                                .since = "0.1.0"};
inline constexpr MetricDescription kStoreSizeBytes{
    .name = "eventcore_store_size_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .across = Across::Max,
    .help = "What the store takes on disk, with journals; in memory for the memory store.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreDiskSizeBytes{
    .name = "eventcore_store_disk_size_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .across = Across::Max,
    .help = "Size of the file system that holds the store.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreDiskFreeBytes{
    .name = "eventcore_store_disk_free_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .across = Across::Min,
    .help = "What is free for the store in its file system.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreRecentMaxSeconds{
    .name = "eventcore_store_recent_max_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByOperation,
    .across = Across::Max,
    .help = "Longest event store operation of the last two to three scrape intervals.",
    .since = "0.1.0"};
inline constexpr MetricDescription kAppendBatchCommands{.name = "eventcore_append_batch_commands",
                                                        .kind = MetricKind::Histogram,
                                                        .buckets = kBatchBuckets,
                                                        .native = false,
                                                        .help = "Commands of one group commit.",
                                                        .since = "0.1.0"};
inline constexpr MetricDescription kAppendBatchEvents{.name = "eventcore_append_batch_events",
                                                      .kind = MetricKind::Histogram,
                                                      .buckets = kBatchBuckets,
                                                      .native = false,
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

inline constexpr MetricDescription kCommitLockWaitSeconds{
    .name = "eventcore_commit_lock_wait_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .buckets = kLatencyBuckets,
    .help =
        "Time that a group commit waited for its turn among the processes that share a store; "
        "only where they take turns, and only of groups that got it.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreBlockingTransactionAgeSeconds{
    .name = "eventcore_store_blocking_transaction_age_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .across = Across::Max,
    .help =
        "Age of the oldest transaction that holds, or waits for, a lock which appends need; 0 if "
        "there is none, absent for stores without transactions of others.",
    .since = "0.1.0"};

// How the store is looked after.
inline constexpr MetricDescription kStoreCareAgeSeconds{
    .name = "eventcore_store_care_age_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByTask,
    .across = Across::Max,
    .help =
        "Time since the store was last backed up, restored from a backup as an exercise, or "
        "verified, with success; absent if it never was.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreCareFailed{
    .name = "eventcore_store_care_failed",
    .kind = MetricKind::Gauge,
    .labels = kByTask,
    .across = Across::Max,
    .help = "1 if the task was tried in vain since it last succeeded, else 0.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreBackupSizeBytes{
    .name = "eventcore_store_backup_size_bytes",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Bytes,
    .across = Across::Max,
    .help = "Size of the last backup; absent without one.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreBackupPendingEvents{
    .name = "eventcore_store_backup_pending_events",
    .kind = MetricKind::Gauge,
    .across = Across::Max,
    .help = "Events that came after the last backup; absent without one.",
    .since = "0.1.0"};
inline constexpr MetricDescription kStoreVerifyFindings{
    .name = "eventcore_store_verify_findings",
    .kind = MetricKind::Gauge,
    .across = Across::Max,
    .help = "What the last verification found to be wrong; absent without one.",
    .since = "0.1.0"};

// Connection pools of stores.
inline constexpr MetricDescription kConnectionPoolSize{
    .name = "eventcore_connection_pool_size",
    .kind = MetricKind::Gauge,
    .labels = kByPool,
    .help = "Open connections of a pool, as the application says; else as the store does.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolMaxSize{
    .name = "eventcore_connection_pool_max_size",
    .kind = MetricKind::Gauge,
    .labels = kByPool,
    .help = "Connections that a pool may open, as the application says; else as the store does.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolInUse{
    .name = "eventcore_connection_pool_in_use",
    .kind = MetricKind::Gauge,
    .labels = kByPool,
    .help = "Connections of a pool that somebody uses.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolIdle{
    .name = "eventcore_connection_pool_idle",
    .kind = MetricKind::Gauge,
    .labels = kByPool,
    .help = "Open connections of a pool that nobody uses.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolPendingRequests{
    .name = "eventcore_connection_pool_pending_requests",
    .kind = MetricKind::Gauge,
    .labels = kByPool,
    .help = "Requests that wait for a connection of a pool.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolTimeoutsTotal{
    .name = "eventcore_connection_pool_timeouts_total",
    .kind = MetricKind::Counter,
    .labels = kByPool,
    .help = "Requests that got no connection of a pool in time.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolWaitSeconds{
    .name = "eventcore_connection_pool_wait_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByPool,
    .buckets = kLatencyBuckets,
    .help = "Time that requests waited for a connection of a pool.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolUseSeconds{
    .name = "eventcore_connection_pool_use_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByPool,
    .buckets = kLatencyBuckets,
    .help = "Time from taking a connection out of a pool to giving it back.",
    .since = "0.1.0"};
inline constexpr MetricDescription kConnectionPoolCreateSeconds{
    .name = "eventcore_connection_pool_create_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByPool,
    .buckets = kLatencyBuckets,
    .help = "Time it took to open a connection of a pool.",
    .since = "0.1.0"};

/// Those of this header, in the order of the reference page.
inline constexpr std::array kStoreMetrics{&kEventsWrittenTotal,
                                          &kEventStoreLatencySeconds,
                                          &kEventStoreOperationsTotal,
                                          &kEventStoreErrorsTotal,
                                          &kStoreUp,
                                          &kStoreHeadPosition,
                                          &kStoreLastAppendTimestampSeconds,
                                          &kStoreStreams,
                                          &kStoreEvents,
                                          &kStoreSizeBytes,
                                          &kStoreDiskSizeBytes,
                                          &kStoreDiskFreeBytes,
                                          &kStoreRecentMaxSeconds,
                                          &kAppendBatchCommands,
                                          &kAppendBatchEvents,
                                          &kAppendBytesTotal,
                                          &kAppendConflictsTotal,
                                          &kAppendQueueDepth,
                                          &kAppendQueueWaitSeconds,
                                          &kCommitSeconds,
                                          &kCommitLockWaitSeconds,
                                          &kStoreBlockingTransactionAgeSeconds,
                                          &kStoreCareAgeSeconds,
                                          &kStoreCareFailed,
                                          &kStoreBackupSizeBytes,
                                          &kStoreBackupPendingEvents,
                                          &kStoreVerifyFindings,
                                          &kConnectionPoolSize,
                                          &kConnectionPoolMaxSize,
                                          &kConnectionPoolInUse,
                                          &kConnectionPoolIdle,
                                          &kConnectionPoolPendingRequests,
                                          &kConnectionPoolTimeoutsTotal,
                                          &kConnectionPoolWaitSeconds,
                                          &kConnectionPoolUseSeconds,
                                          &kConnectionPoolCreateSeconds};

}  // namespace eventcore::observability::catalogue
