#pragma once

/// \file
/// `PerformanceMonitor`: how a running service does, and where it is heading.
///
///     PerformanceMonitor monitor(metrics, {.max_snapshots = 900});
///     monitor.start();
///     ...
///     const TrendAnalysis trends = monitor.get_trend_analysis(10);
///
/// It reads the metrics of a `MetricsService` and counts nothing itself. Snapshots of every second
/// are kept for a while and such of every minute for a day. The usual mistake is to compare
/// snapshots of different callers: each has windows of its own.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eventcore/monitor/performance_snapshot.hpp"
#include "eventcore/monitor/trend.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/result.hpp"

namespace eventcore::monitor {

/// How a monitor works.
struct PerformanceMonitorOptions {
  std::size_t max_snapshots = 900;  ///< Of every interval; at least 1. Cost: 150 bytes each.
  std::size_t max_minutes = 1440;   ///< Snapshots of every minute; at least 1.
  std::chrono::milliseconds interval{1000};  ///< Between automatic snapshots; at least 100 ms.
  std::uint64_t analysis_minutes = 10;       ///< What `latest_analysis` looks back on.
  /// Told of each automatic snapshot, by the monitor's thread. Must not throw or call the monitor.
  std::function<void(const PerformanceSnapshot&)> on_snapshot = nullptr;
};

/// Where a service is heading.
struct TrendAnalysis {
  Trend throughput_trend = Trend::InsufficientData;
  Trend latency_trend = Trend::InsufficientData;  ///< Of the average.
  Trend error_rate_trend = Trend::InsufficientData;
  Trend memory_trend = Trend::InsufficientData;

  // The same with their reasons.
  TrendFinding throughput;   ///< Commands a second.
  TrendFinding latency;      ///< Milliseconds, on average.
  TrendFinding p95_latency;  ///< Milliseconds.
  TrendFinding error_rate;
  TrendFinding memory;     ///< MiB.
  TrendFinding conflicts;  ///< A second.

  /// What changed in plain words, one sentence; or that nothing did, or that it is too early.
  std::string summary;
};

/// A caller's own place in time. Thread-safety: Thread-safe. Ownership: must not outlive its
/// monitor's metrics service.
class PerformanceReader {
 public:
  explicit PerformanceReader(std::shared_ptr<observability::MetricsService> metrics);
  PerformanceReader(PerformanceReader&&) noexcept;
  PerformanceReader& operator=(PerformanceReader&&) noexcept;
  ~PerformanceReader();

  /// What happened since this reader's previous snapshot, at first since its construction. Less
  /// than 100 ms later it returns that snapshot once more, with its `age`. Blocking: as a scrape.
  [[nodiscard]] PerformanceSnapshot capture_snapshot();

 private:
  friend class PerformanceMonitor;
  struct State;
  std::unique_ptr<State> state_;
};

/// Watches one service. Owns a thread between `start` and `stop`. Thread-safety: Thread-safe.
/// Cost: a look takes about 0.1 ms, an analysis of 10 minutes a few.
class PerformanceMonitor {
 public:
  /// Requires: `metrics` is not null.
  explicit PerformanceMonitor(std::shared_ptr<observability::MetricsService> metrics,
                              PerformanceMonitorOptions options = {});
  PerformanceMonitor(const PerformanceMonitor&) = delete;
  PerformanceMonitor& operator=(const PerformanceMonitor&) = delete;
  ~PerformanceMonitor();

  /// Takes a snapshot each interval from now on. A second call is harmless.
  void start();
  /// Joins the thread. A second call is harmless.
  void stop() noexcept;
  /// What the thread does each interval, for an application with a loop of its own.
  void tick();

  /// What happened since the last call of this function, by whomever; see `PerformanceReader`, of
  /// which every other caller should have one. It is kept among `snapshots` while the monitor takes
  /// none by itself.
  PerformanceSnapshot capture_snapshot();
  [[nodiscard]] PerformanceReader reader() const;

  /// The latest `max_snapshots`, oldest first.
  [[nodiscard]] std::vector<PerformanceSnapshot> snapshots() const;
  /// Those of every minute, oldest first.
  [[nodiscard]] std::vector<PerformanceSnapshot> minute_snapshots() const;
  /// The newest of `snapshots`; nothing if there is none.
  [[nodiscard]] std::optional<PerformanceSnapshot> latest() const;

  /// How the last `minutes` went: from the snapshots of every interval if they reach back so far,
  /// else from those of every minute. A change of 20 % in noise of 10 % is found 60 samples after
  /// it, in windows of 180 and more.
  [[nodiscard]] TrendAnalysis get_trend_analysis(std::uint64_t minutes) const;
  /// The analysis of the last `analysis_minutes`, at most ten seconds old.
  [[nodiscard]] TrendAnalysis latest_analysis() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eventcore::monitor
