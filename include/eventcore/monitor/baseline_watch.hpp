#pragma once

/// \file
/// `BaselineWatch`: how far a running process is from its baseline, while it runs.
///
///     auto baseline = read_baseline("release-1.baseline.json");
///     auto watch = std::make_shared<BaselineWatch>(monitor, *std::move(baseline));
///     auto shown = show_baseline(metrics->registry(), watch);
///
/// The usual mistake is a baseline of another load: latencies under a trickle say little about
/// those under a flood. Record it where it is used.

#include <cstddef>
#include <memory>
#include <vector>

#include "eventcore/monitor/baseline.hpp"
#include "eventcore/monitor/performance_monitor.hpp"
#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/result.hpp"

namespace eventcore::monitor {

struct BaselineWatchOptions {
  std::size_t snapshots = 120;  ///< The latest of the monitor that are compared; 8 to 1000.
  BaselineRules rules = {};
};

/// Compares a monitor's latest snapshots with a baseline. Thread-safety: Thread-safe.
class BaselineWatch {
 public:
  /// Requires: `monitor` is not null, and its interval is about that of the baseline.
  BaselineWatch(std::shared_ptr<const PerformanceMonitor> monitor, Baseline baseline,
                BaselineWatchOptions options = {});
  BaselineWatch(const BaselineWatch&) = delete;
  BaselineWatch& operator=(const BaselineWatch&) = delete;
  ~BaselineWatch();

  [[nodiscard]] const Baseline& baseline() const noexcept;
  /// The comparison as of the monitor's latest snapshot; an earlier one if that was made less than
  /// ten snapshots ago. Cost: a few ms when it is made.
  [[nodiscard]] BaselineComparison comparison() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Shows `eventcore_baseline_deviation_ratio` (0.1: 10 % above the baseline) and
/// `eventcore_baseline_verdict` (1 worse, 0 same, -1 better), by `measure`; without too few
/// samples. They are shown while what it returns is kept. Errors: InvalidArgument (they are shown
/// already).
[[nodiscard]] Result<std::vector<observability::ObserverRegistration>> show_baseline(
    observability::MetricRegistry& registry, std::shared_ptr<const BaselineWatch> watch);

}  // namespace eventcore::monitor
