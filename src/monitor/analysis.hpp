#pragma once

// Trends of snapshots, and what they say in plain words.

#include <cstdint>
#include <span>
#include <string>

#include "eventcore/monitor/performance_monitor.hpp"

namespace eventcore::monitor::detail {

/// The trends of `snapshots`, without the summary.
[[nodiscard]] TrendAnalysis analyse(std::span<const PerformanceSnapshot> snapshots);

/// "p95 latency rose 38 % over 10 min, since 14:02". `hot_stream`: which stream was fought over
/// most meanwhile; it is named if conflicts rose.
[[nodiscard]] std::string summarise(const TrendAnalysis& analysis, const std::string& hot_stream);

}  // namespace eventcore::monitor::detail
