#pragma once

// What the monitor reads: totals of the metrics that a snapshot is computed from.

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/monitor/performance_snapshot.hpp"
#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::monitor::detail {

/// A histogram of seconds, all series added up: exponential buckets, or those of a text page.
struct Distribution {
  std::map<std::int32_t, std::uint64_t> buckets;  // by native index
  std::uint64_t zeros = 0;
  double zero_threshold = 0;
  std::int32_t schema = 3;             // 2^schema buckets make an octave
  std::vector<double> bounds;          // upper ones; empty: exponential buckets
  std::vector<std::uint64_t> bounded;  // by bound, and one past the last
  std::uint64_t count = 0;
  double sum = 0;
};

/// The instruments at one moment.
struct Reading {
  Instant at{};
  Timestamp wall{};
  double commands = 0;
  double errors = 0;
  double rejections = 0;
  double retries = 0;
  double conflicts = 0;
  double events = 0;
  double active_streams = 0;
  double memory_bytes = 0;
  double cpu_seconds = 0;
  double queue_depth = 0;
  double lag_seconds = 0;  // not-a-number: no projection
  Instant lag_read_at{};
  Distribution latency;
  Distribution commit;
};

/// Reads `metrics`. The lag of projections is a question to a store: it is taken from `before`
/// if that asked less than five seconds ago.
[[nodiscard]] Reading read_instruments(const observability::MetricsService& metrics,
                                       const Reading* before);

/// The same from a snapshot of the metrics, with the lag if it has that.
[[nodiscard]] Reading reading_of(const observability::MetricsSnapshot& snapshot);

/// What happened from one reading to the other. Requires: `after` is the later one.
[[nodiscard]] PerformanceSnapshot between(const Reading& before, const Reading& after);

/// The quantile `q` of what `after` has counted and `before` had not, in seconds; not-a-number if
/// that is nothing. Its bucket is that of the sample of that rank; past the last bound, that bound.
[[nodiscard]] double quantile(const Distribution& before, const Distribution& after, double q);

}  // namespace eventcore::monitor::detail
