#pragma once

/// \file
/// The catalogue: metrics of commands and streams.

#include <array>

#include "eventcore/observability/catalogue_labels.hpp"
#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability::catalogue {

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
inline constexpr MetricDescription kCommandsInFlight{
    .name = "eventcore_commands_in_flight",
    .kind = MetricKind::Gauge,
    .help = "Commands that instrumented executors have under way.",
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
    .native = false,
    .help = "Attempts of a command execution; one if nothing interfered.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandRetriesTotal{
    .name = "eventcore_command_retries_total",
    .kind = MetricKind::Counter,
    .labels = kByCommand,
    .help = "Attempts of commands beyond their first.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandRetryBackoffSeconds{
    .name = "eventcore_command_retry_backoff_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .buckets = kLatencyBuckets,
    .help =
        "Time that a command paused between its attempts, all pauses added up; only commands that "
        "tried again count.",
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
    .native = false,
    .help = "Streams of a command's consistency boundary by what it did with them.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandDiscoveryRounds{
    .name = "eventcore_command_discovery_rounds",
    .kind = MetricKind::Histogram,
    .labels = kByCommand,
    .buckets = kRoundBuckets,
    .native = false,
    .help =
        "Rounds in which a command found more streams to read; only commands that found some "
        "count.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandEventsEmitted{
    .name = "eventcore_command_events_emitted",
    .kind = MetricKind::Histogram,
    .labels = kByCommand,
    .buckets = kSizeBuckets,
    .native = false,
    .help = "Events that a committed command wrote.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCommandEventsReplayed{
    .name = "eventcore_command_events_replayed",
    .kind = MetricKind::Histogram,
    .labels = kByCommand,
    .buckets = kSizeBuckets,
    .native = false,
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
    .across = Across::Max,
    .help =
        "Versions of the streams that are written most; at most 10 of them. Ids longer than a "
        "label value are left out.",
    .since = "0.1.0"};

inline constexpr MetricDescription kStreamLength{
    .name = "eventcore_stream_length",
    .kind = MetricKind::Histogram,
    .labels = kByCategory,
    .buckets = kLengthBuckets,
    .native = false,
    .help =
        "Versions that commits brought streams to, by category; a sample: streams of measured "
        "commands.",
    .since = "0.1.0"};

/// Those of this header, in the order of the reference page.
inline constexpr std::array kCommandMetrics{&kCommandsTotal,
                                            &kCommandDurationSeconds,
                                            &kCommandErrorsTotal,
                                            &kCommandsInFlight,
                                            &kCommandOutcomesTotal,
                                            &kCommandAttempts,
                                            &kCommandRetriesTotal,
                                            &kCommandRetryBackoffSeconds,
                                            &kCommandConflictsTotal,
                                            &kCommandStreams,
                                            &kCommandDiscoveryRounds,
                                            &kCommandEventsEmitted,
                                            &kCommandEventsReplayed,
                                            &kCommandPhaseSeconds,
                                            &kActiveStreams,
                                            &kStreamVersions,
                                            &kStreamLength};

}  // namespace eventcore::observability::catalogue
