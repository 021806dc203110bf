#pragma once

/// \file
/// `PerformanceSnapshot`: what a service did over a short while.
///
/// Everything is computed from the metrics that `/metrics` shows, over the window between two
/// looks at them. Rates, averages, ratios and gauges are exact. A percentile is that of the
/// histogram: its error is less than `kPercentileError`, because eight buckets make an octave.

#include <chrono>

#include "eventcore/clock.hpp"

namespace eventcore::monitor {

/// The greatest relative error of a percentile: the eighth root of 2, minus 1.
inline constexpr double kPercentileError = 0.0906;

/// One look. Values that do not exist are not-a-number: latencies and CPU a command of a
/// window without commands, a lag without projections.
struct PerformanceSnapshot {
  Timestamp timestamp{};              ///< The end of the window.
  std::chrono::nanoseconds window{};  ///< Its length; 0: too early for anything but gauges.
  std::chrono::nanoseconds age{};     ///< How old it is, if it was returned once more.

  double commands_per_second = 0;
  double events_per_second = 0;
  double avg_latency_ms = 0;  ///< Of commands with their reads, attempts and pauses.
  double p50_latency_ms = 0;
  double p95_latency_ms = 0;
  double p99_latency_ms = 0;
  double error_rate = 0;  ///< Failed commands as a share of all: 0 to 1. A refusal is no failure.
  double active_streams = 0;
  double memory_usage_mb = 0;     ///< In MiB.
  double cpu_ms_per_command = 0;  ///< CPU time of the whole process through finished commands.

  double conflicts_per_second = 0;    ///< Batches that the store turned away.
  double rejections_per_second = 0;   ///< Commands refused by the business rules.
  double retries_per_second = 0;      ///< Attempts beyond the first.
  double projection_lag_seconds = 0;  ///< Of the projection that is furthest behind.
  double append_queue_depth = 0;
  double avg_commit_ms = 0;  ///< Of group commits.
  double p95_commit_ms = 0;
};

}  // namespace eventcore::monitor
