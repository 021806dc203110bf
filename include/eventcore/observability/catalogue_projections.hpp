#pragma once

/// \file
/// The catalogue: metrics of projections.
///
/// What is asked of the store (lag, positions, dead letters) every process exports that watches the
/// projection, leader or not; the rest is about the runner of this process.

#include <array>

#include "eventcore/observability/catalogue_labels.hpp"
#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability::catalogue {

// How far a projection is, as the store says.
inline constexpr MetricDescription kProjectionLagSeconds{
    .name = "eventcore_projection_lag_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .across = Across::Max,
    .help =
        "Age of the oldest committed event that a projection has not covered; 0 if none. It is "
        "asked of the store, whoever leads, and grows on while the store does not answer.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionLagEvents{
    .name = "eventcore_projection_lag_events",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "Committed events behind the stored checkpoint of a projection, filtered ones too.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionCheckpointPosition{
    .name = "eventcore_projection_checkpoint_position",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "Position up to which the store knows a projection to have processed everything.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionHeadPosition{
    .name = "eventcore_projection_head_position",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "Position of the last committed event when the lag of a projection was asked for.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionCheckpointBeyondHead{
    .name = "eventcore_projection_checkpoint_beyond_head",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help =
        "1 if the checkpoint of a projection is past the head: it belongs to another log, or to a "
        "later copy of this one, and the lag means nothing.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionDeadLetters{
    .name = "eventcore_projection_dead_letters",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "Dead letters that are parked or about to be replayed.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionOldestDeadLetterTimestampSeconds{
    .name = "eventcore_projection_oldest_dead_letter_timestamp_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .across = Across::Min,
    .help =
        "First failure of the parked dead letter that failed first, among the first 1,000 by "
        "position; in seconds since 1970, absent if there is none.",
    .since = "0.1.0"};

// What the runner of this process does.
inline constexpr MetricDescription kProjectionState{
    .name = "eventcore_projection_state",
    .kind = MetricKind::Gauge,
    .labels = kByProjectionState,
    .across = Across::Max,
    .help = "1 for what the runner of this process does now, 0 for everything else.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionLeader{
    .name = "eventcore_projection_leader",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .help = "Whether the runner of this process leads: 1 or 0.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionVersionInfo{
    .name = "eventcore_projection_version_info",
    .kind = MetricKind::Info,
    .labels = kByProjectionVersion,
    .help = "Always 1; its label says which version of a projection this process runs.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionInFlightEvents{
    .name = "eventcore_projection_in_flight_events",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .help = "Events of the batch that the projector is applying.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionLastProcessedEventTimestampSeconds{
    .name = "eventcore_projection_last_processed_event_timestamp_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "When an event was last processed here, in seconds since 1970; absent before.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionLastPollTimestampSeconds{
    .name = "eventcore_projection_last_poll_timestamp_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "When the log was last read here, in seconds since 1970; absent before.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionLastSuccessTimestampSeconds{
    .name = "eventcore_projection_last_success_timestamp_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "When a read or a batch last succeeded here, in seconds since 1970; absent before.",
    .since = "0.1.0"};

// A rebuild by the runner of this process, as of its last batch. Absent while there is none.
inline constexpr MetricDescription kProjectionRebuildRunning{
    .name = "eventcore_projection_rebuild_running",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help =
        "1 while the runner of this process applies history to a projection that is rebuilt, was "
        "reset or is new; else 0.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionRebuildDoneEvents{
    .name = "eventcore_projection_rebuild_done_events",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help =
        "Events that a running rebuild has passed since it began or went on in this process, "
        "filtered ones too.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionRebuildRemainingEvents{
    .name = "eventcore_projection_rebuild_remaining_events",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "Events up to the target of a running rebuild, filtered ones too.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionRebuildTargetPosition{
    .name = "eventcore_projection_rebuild_target_position",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help =
        "Where a running rebuild ends: at the live version, where the projection was before, or at "
        "the head.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionRebuildProgressRatio{
    .name = "eventcore_projection_rebuild_progress_ratio",
    .kind = MetricKind::Gauge,
    .labels = kByProjection,
    .across = Across::Max,
    .help = "Share of the positions up to its target that a running rebuild has passed, 0 to 1.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionRebuildEtaSeconds{
    .name = "eventcore_projection_rebuild_eta_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .across = Across::Max,
    .help =
        "Estimate of the time that a running rebuild still takes, at the rate since it began in "
        "this process; absent before its first batch.",
    .since = "0.1.0"};

inline constexpr MetricDescription kProjectionEventsProcessedTotal{
    .name = "eventcore_projection_events_processed_total",
    .kind = MetricKind::Counter,
    .labels = kByProjection,
    .help = "Events that a projection has processed here, checkpoint included.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionBatchEvents{
    .name = "eventcore_projection_batch_events",
    .kind = MetricKind::Histogram,
    .labels = kByProjection,
    .buckets = kBatchBuckets,
    .native = false,
    .help = "Events of one applied batch.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionHandleSeconds{
    .name = "eventcore_projection_handle_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .buckets = kLatencyBuckets,
    .help = "Time that the projector took for one batch.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionBatchSeconds{
    .name = "eventcore_projection_batch_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .buckets = kLatencyBuckets,
    .help = "Time for one batch: projector, commit of the read model and checkpoint.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionCheckpointSeconds{
    .name = "eventcore_projection_checkpoint_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .buckets = kLatencyBuckets,
    .help = "Time to save the checkpoint behind a batch in the store.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionErrorsTotal{
    .name = "eventcore_projection_errors_total",
    .kind = MetricKind::Counter,
    .labels = kByProjectionError,
    .help =
        "Failed attempts: by what was wrong with an event; or with the store, the read model or "
        "what else could not be reached.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionRetriesTotal{
    .name = "eventcore_projection_retries_total",
    .kind = MetricKind::Counter,
    .labels = kByProjection,
    .help = "Pauses before something was tried again.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionSkippedTotal{
    .name = "eventcore_projection_skipped_total",
    .kind = MetricKind::Counter,
    .labels = kByProjectionSkip,
    .help = "Events that were left out without becoming dead letters.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionDeadLettersTotal{
    .name = "eventcore_projection_dead_letters_total",
    .kind = MetricKind::Counter,
    .labels = kByProjectionLetter,
    .help = "Dead letters that were stored, by what was wrong with the event.",
    .since = "0.1.0"};
inline constexpr MetricDescription kProjectionDeadLetterReplaysTotal{
    .name = "eventcore_projection_dead_letter_replays_total",
    .kind = MetricKind::Counter,
    .labels = kByProjectionReplay,
    .help = "Dead letters that were applied again, or failed again.",
    .since = "0.1.0"};

/// Those of this header, in the order of the reference page.
inline constexpr std::array kProjectionMetrics{&kProjectionLagSeconds,
                                               &kProjectionLagEvents,
                                               &kProjectionCheckpointPosition,
                                               &kProjectionHeadPosition,
                                               &kProjectionCheckpointBeyondHead,
                                               &kProjectionEventsProcessedTotal,
                                               &kProjectionState,
                                               &kProjectionLeader,
                                               &kProjectionVersionInfo,
                                               &kProjectionInFlightEvents,
                                               &kProjectionLastProcessedEventTimestampSeconds,
                                               &kProjectionLastPollTimestampSeconds,
                                               &kProjectionLastSuccessTimestampSeconds,
                                               &kProjectionRebuildRunning,
                                               &kProjectionRebuildDoneEvents,
                                               &kProjectionRebuildRemainingEvents,
                                               &kProjectionRebuildTargetPosition,
                                               &kProjectionRebuildProgressRatio,
                                               &kProjectionRebuildEtaSeconds,
                                               &kProjectionBatchEvents,
                                               &kProjectionHandleSeconds,
                                               &kProjectionBatchSeconds,
                                               &kProjectionCheckpointSeconds,
                                               &kProjectionErrorsTotal,
                                               &kProjectionRetriesTotal,
                                               &kProjectionSkippedTotal,
                                               &kProjectionDeadLetters,
                                               &kProjectionDeadLettersTotal,
                                               &kProjectionOldestDeadLetterTimestampSeconds,
                                               &kProjectionDeadLetterReplaysTotal};

}  // namespace eventcore::observability::catalogue
