#pragma once

// The handles of EventCore's own metrics, resolved once.

#include "eventcore/assert.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/observability/metric_registry.hpp"

namespace eventcore::observability::detail {

/// A metric of the catalogue; the catalogue is known to be good.
template <class Handle>
[[nodiscard]] Handle builtin(MetricRegistry& registry, const MetricDescription& description) {
  Result<Handle> handle = registry.add<Handle>(description);
  EVENTCORE_ASSERT(handle.has_value(), handle.error().message);
  return *std::move(handle);
}

/// The series of one command type.
struct CommandSeries {
  Counter total;
  Counter errors;
  Counter retries;
  Histogram discovery_rounds;
  DurationHistogram duration;
  Histogram attempts;
  Histogram emitted;
  Histogram replayed;
  Family<Counter, CommandOutcome> outcomes;
  Family<Histogram, StreamRole> streams;
};

/// The families that carry the command type.
struct CommandFamilies {
  explicit CommandFamilies(MetricRegistry& registry)
      : total(builtin<DynamicFamily<Counter, 1>>(registry, catalogue::kCommandsTotal)),
        errors(builtin<DynamicFamily<Counter, 1>>(registry, catalogue::kCommandErrorsTotal)),
        retries(builtin<DynamicFamily<Counter, 1>>(registry, catalogue::kCommandRetriesTotal)),
        discovery_rounds(
            builtin<DynamicFamily<Histogram, 1>>(registry, catalogue::kCommandDiscoveryRounds)),
        retry_backoff(builtin<DurationHistogram>(registry, catalogue::kCommandRetryBackoffSeconds)),
        conflicts(builtin<DynamicFamily<Counter, 2>>(registry, catalogue::kCommandConflictsTotal)),
        duration(builtin<DynamicFamily<DurationHistogram, 1>>(registry,
                                                              catalogue::kCommandDurationSeconds)),
        attempts(builtin<DynamicFamily<Histogram, 1>>(registry, catalogue::kCommandAttempts)),
        emitted(builtin<DynamicFamily<Histogram, 1>>(registry, catalogue::kCommandEventsEmitted)),
        replayed(builtin<DynamicFamily<Histogram, 1>>(registry, catalogue::kCommandEventsReplayed)),
        outcomes(builtin<DynamicFamily<Counter, 1, CommandOutcome>>(
            registry, catalogue::kCommandOutcomesTotal)),
        streams(builtin<DynamicFamily<Histogram, 1, StreamRole>>(registry,
                                                                 catalogue::kCommandStreams)) {}

  [[nodiscard]] CommandSeries with(std::string_view type) const {
    return {
        total.with(type),    errors.with(type),   retries.with(type), discovery_rounds.with(type),
        duration.with(type), attempts.with(type), emitted.with(type), replayed.with(type),
        outcomes.with(type), streams.with(type)};
  }

  DynamicFamily<Counter, 1> total;
  DynamicFamily<Counter, 1> errors;
  DynamicFamily<Counter, 1> retries;
  DynamicFamily<Histogram, 1> discovery_rounds;
  DurationHistogram retry_backoff;
  DynamicFamily<Counter, 2> conflicts;
  DynamicFamily<DurationHistogram, 1> duration;
  DynamicFamily<Histogram, 1> attempts;
  DynamicFamily<Histogram, 1> emitted;
  DynamicFamily<Histogram, 1> replayed;
  DynamicFamily<Counter, 1, CommandOutcome> outcomes;
  DynamicFamily<Histogram, 1, StreamRole> streams;
};

/// What group commits and store operations feed.
struct StoreSeries {
  explicit StoreSeries(MetricRegistry& registry)
      : latency(builtin<Family<DurationHistogram, StoreOperation>>(
            registry, catalogue::kEventStoreLatencySeconds)),
        operations(builtin<Family<Counter, StoreOperation, StoreResult>>(
            registry, catalogue::kEventStoreOperationsTotal)),
        errors(builtin<Family<Counter, StoreOperation, ErrorCode>>(
            registry, catalogue::kEventStoreErrorsTotal)),
        up(builtin<DynamicFamily<Gauge, 1>>(registry, catalogue::kStoreUp)),
        head(builtin<Gauge>(registry, catalogue::kStoreHeadPosition)),
        batch_commands(builtin<Histogram>(registry, catalogue::kAppendBatchCommands)),
        batch_events(builtin<Histogram>(registry, catalogue::kAppendBatchEvents)),
        bytes(builtin<Counter>(registry, catalogue::kAppendBytesTotal)),
        conflicts(builtin<Counter>(registry, catalogue::kAppendConflictsTotal)),
        queue_depth(builtin<Gauge>(registry, catalogue::kAppendQueueDepth)),
        queue_wait(builtin<DurationHistogram>(registry, catalogue::kAppendQueueWaitSeconds)),
        commit(builtin<DurationHistogram>(registry, catalogue::kCommitSeconds)),
        lock_wait(builtin<DurationHistogram>(registry, catalogue::kCommitLockWaitSeconds)) {}

  Family<DurationHistogram, StoreOperation> latency;
  Family<Counter, StoreOperation, StoreResult> operations;
  Family<Counter, StoreOperation, ErrorCode> errors;
  DynamicFamily<Gauge, 1> up;
  Gauge head;
  Histogram batch_commands;
  Histogram batch_events;
  Counter bytes;
  Counter conflicts;
  Gauge queue_depth;
  DurationHistogram queue_wait;
  DurationHistogram commit;
  DurationHistogram lock_wait;
};

/// The series of one category of streams.
struct CategorySeries {
  Counter events;
  Histogram lengths;
};

/// The series of one pool of connections.
struct PoolSeries {
  Counter timeouts;
  DurationHistogram wait;
  DurationHistogram use;
  DurationHistogram create;
};

/// The families that pools feed as they are used.
struct PoolFamilies {
  explicit PoolFamilies(MetricRegistry& registry)
      : timeouts(
            builtin<DynamicFamily<Counter, 1>>(registry, catalogue::kConnectionPoolTimeoutsTotal)),
        wait(builtin<DynamicFamily<DurationHistogram, 1>>(registry,
                                                          catalogue::kConnectionPoolWaitSeconds)),
        use(builtin<DynamicFamily<DurationHistogram, 1>>(registry,
                                                         catalogue::kConnectionPoolUseSeconds)),
        create(builtin<DynamicFamily<DurationHistogram, 1>>(
            registry, catalogue::kConnectionPoolCreateSeconds)) {}

  [[nodiscard]] PoolSeries with(std::string_view pool) const {
    return {timeouts.with(pool), wait.with(pool), use.with(pool), create.with(pool)};
  }

  DynamicFamily<Counter, 1> timeouts;
  DynamicFamily<DurationHistogram, 1> wait;
  DynamicFamily<DurationHistogram, 1> use;
  DynamicFamily<DurationHistogram, 1> create;
};

}  // namespace eventcore::observability::detail
