#pragma once

/// \file
/// The enumerations that label EventCore's own metrics, and their values.
///
/// The texts are those of the enumerations' `to_string`; a test compares them.

#include <cstdint>
#include <string_view>

#include "eventcore/error.hpp"
#include "eventcore/observability/metric_description.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/store_care.hpp"

namespace eventcore::observability {

/// A kind of call to an event store.
enum class StoreOperation : std::uint8_t {
  Write,
  Read,     ///< Of named streams.
  ReadAll,  ///< Of the log.
  Head,     ///< Where finding the head is a query; an atomic load is not timed.
  CheckpointLoad,
  CheckpointSave,
};

/// How a call to a store ended.
enum class StoreResult : std::uint8_t {
  Ok,
  Conflict,  ///< A stream had moved: optimistic concurrency at work, no error.
  Error,
};

/// What a command did with a stream of its consistency boundary. Discovered streams count as
/// such and as read or written.
enum class StreamRole : std::uint8_t { ReadOnly, Written, Discovered };

/// What is read at most every so often; other scrapes see what was read last.
enum class MetricsCollector : std::uint8_t {
  Process,      ///< The kernel's files about this process.
  MemoryLimit,  ///< Those of its control group.
  Disk,         ///< The store's files and their file system.
  Locks,        ///< Transactions that hold up appends.
  Care,         ///< What the store remembers of backups and verifications.
  Projections,  ///< What the store says of the projections; the oldest look counts.
};

/// What a projection failed at: an event, or what it needs.
enum class ProjectionFailure : std::uint8_t { Apply, Decode, UnknownType, OutOfOrder, Store };

/// Why an event became a dead letter: `DeadLetterReason`, from 0.
enum class DeadLetterCause : std::uint8_t { Apply, Decode, UnknownType, OutOfOrder };

/// Why an event was left out.
enum class SkipReason : std::uint8_t { Requested };

/// What became of a dead letter that was applied again.
enum class ReplayResult : std::uint8_t { Ok, Error };

/// A part of what measuring costs.
enum class MetricsUpdate : std::uint8_t { Counter, Histogram, Clock };

/// How far a canary's event has to get.
enum class CanaryStage : std::uint8_t { Append, Visible, Projected };

/// What of a command is timed.
enum class TimedPart : std::uint8_t { Command, Phases };

template <>
struct LabelDomain<CanaryStage> {
  static constexpr std::string_view name = "stage";
  static constexpr std::string_view values[] = {"append", "visible", "projected"};
};

template <>
struct LabelDomain<TimedPart> {
  static constexpr std::string_view name = "timed";
  static constexpr std::string_view values[] = {"command", "phases"};
};

template <>
struct LabelDomain<ProjectionState> {
  static constexpr std::string_view name = "state";
  static constexpr std::string_view values[kProjectionStates] = {
      "starting", "running", "caught_up", "replaying", "retrying", "paused", "faulted", "stopped"};
};

template <>
struct LabelDomain<ProjectionFailure> {
  static constexpr std::string_view name = "error_type";
  static constexpr std::string_view values[] = {"apply", "decode", "unknown_type", "out_of_order",
                                                "store"};
};

template <>
struct LabelDomain<DeadLetterCause> {
  static constexpr std::string_view name = "reason";
  static constexpr std::string_view values[kDeadLetterReasons] = {"apply", "decode", "unknown_type",
                                                                  "out_of_order"};
};

template <>
struct LabelDomain<SkipReason> {
  static constexpr std::string_view name = "reason";
  static constexpr std::string_view values[] = {"requested"};
};

template <>
struct LabelDomain<ReplayResult> {
  static constexpr std::string_view name = "result";
  static constexpr std::string_view values[] = {"ok", "error"};
};

template <>
struct LabelDomain<CommandOutcome> {
  static constexpr std::string_view name = "outcome";
  static constexpr std::string_view values[kCommandOutcomes] = {
      "committed",  "no_events",          "rejected",          "replayed",
      "invalid",    "conflict_exhausted", "deadline_exceeded", "cancelled",
      "overloaded", "store_error",        "in_doubt"};
};

template <>
struct LabelDomain<CommandPhase> {
  static constexpr std::string_view name = "phase";
  static constexpr std::string_view values[kCommandPhases] = {"queue",  "read",   "fold",
                                                              "handle", "append", "backoff"};
};

template <>
struct LabelDomain<StoreOperation> {
  static constexpr std::string_view name = "operation";
  static constexpr std::string_view values[] = {
      "write", "read", "read_all", "head", "checkpoint_load", "checkpoint_save"};
};

template <>
struct LabelDomain<StoreResult> {
  static constexpr std::string_view name = "result";
  static constexpr std::string_view values[] = {"ok", "conflict", "error"};
};

template <>
struct LabelDomain<StreamRole> {
  static constexpr std::string_view name = "role";
  static constexpr std::string_view values[] = {"read_only", "written", "discovered"};
};

template <>
struct LabelDomain<CareTask> {
  static constexpr std::string_view name = "task";
  static constexpr std::string_view values[] = {"backup", "restore", "verify"};
};

template <>
struct LabelDomain<MetricsCollector> {
  static constexpr std::string_view name = "collector";
  static constexpr std::string_view values[] = {"process", "memory_limit", "disk",
                                                "locks",   "care",         "projections"};
};

template <>
struct LabelDomain<MetricsUpdate> {
  static constexpr std::string_view name = "operation";
  static constexpr std::string_view values[] = {"counter", "histogram", "clock"};
};

template <>
struct LabelDomain<ErrorCode> {
  static constexpr std::string_view name = "error_type";
  static constexpr std::string_view values[] = {
      "invalid_argument",  "version_conflict", "undeclared_stream", "unknown_event_type",
      "decode_failed",     "handler_failed",   "limit_exceeded",    "key_reused",
      "deadline_exceeded", "cancelled",        "overloaded",        "shutting_down",
      "would_deadlock",    "unavailable",      "commit_in_doubt",   "corrupt",
      "lease_lost"};
};

}  // namespace eventcore::observability
