#pragma once

// The handles of what projections feed, resolved once.

#include <atomic>
#include <limits>
#include <memory>

#include "service_series.hpp"

namespace eventcore::observability::detail {

/// The series of one projection.
struct ProjectionSeries {
  Counter processed;
  Counter retries;
  Histogram batch_events;
  DurationHistogram handle;
  DurationHistogram batch;
  DurationHistogram checkpoint;
  Family<Counter, ProjectionFailure> errors;
  Family<Counter, SkipReason> skipped;
  Family<Counter, DeadLetterCause> dead_letters;
  Family<Counter, ReplayResult> replays;
  // Atomic: said by the application, read by snapshots. Not a number: it said nothing.
  std::unique_ptr<std::atomic<double>> lag_given =
      std::make_unique<std::atomic<double>>(std::numeric_limits<double>::quiet_NaN());
};

/// The families that carry the name of a projection.
struct ProjectionFamilies {
  explicit ProjectionFamilies(MetricRegistry& registry)
      : processed(builtin<DynamicFamily<Counter, 1>>(registry,
                                                     catalogue::kProjectionEventsProcessedTotal)),
        retries(builtin<DynamicFamily<Counter, 1>>(registry, catalogue::kProjectionRetriesTotal)),
        batch_events(
            builtin<DynamicFamily<Histogram, 1>>(registry, catalogue::kProjectionBatchEvents)),
        handle(builtin<DynamicFamily<DurationHistogram, 1>>(registry,
                                                            catalogue::kProjectionHandleSeconds)),
        batch(builtin<DynamicFamily<DurationHistogram, 1>>(registry,
                                                           catalogue::kProjectionBatchSeconds)),
        checkpoint(builtin<DynamicFamily<DurationHistogram, 1>>(
            registry, catalogue::kProjectionCheckpointSeconds)),
        errors(builtin<DynamicFamily<Counter, 1, ProjectionFailure>>(
            registry, catalogue::kProjectionErrorsTotal)),
        skipped(builtin<DynamicFamily<Counter, 1, SkipReason>>(registry,
                                                               catalogue::kProjectionSkippedTotal)),
        dead_letters(builtin<DynamicFamily<Counter, 1, DeadLetterCause>>(
            registry, catalogue::kProjectionDeadLettersTotal)),
        replays(builtin<DynamicFamily<Counter, 1, ReplayResult>>(
            registry, catalogue::kProjectionDeadLetterReplaysTotal)) {}

  [[nodiscard]] ProjectionSeries with(std::string_view name) const {
    return {processed.with(name), retries.with(name), batch_events.with(name),
            handle.with(name),    batch.with(name),   checkpoint.with(name),
            errors.with(name),    skipped.with(name), dead_letters.with(name),
            replays.with(name)};
  }

  DynamicFamily<Counter, 1> processed;
  DynamicFamily<Counter, 1> retries;
  DynamicFamily<Histogram, 1> batch_events;
  DynamicFamily<DurationHistogram, 1> handle;
  DynamicFamily<DurationHistogram, 1> batch;
  DynamicFamily<DurationHistogram, 1> checkpoint;
  DynamicFamily<Counter, 1, ProjectionFailure> errors;
  DynamicFamily<Counter, 1, SkipReason> skipped;
  DynamicFamily<Counter, 1, DeadLetterCause> dead_letters;
  DynamicFamily<Counter, 1, ReplayResult> replays;
};

}  // namespace eventcore::observability::detail
