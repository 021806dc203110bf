#pragma once

/// \file
/// The catalogue: every metric that EventCore exports, in one table.
///
/// Registration, `/metrics`, docs/reference/metrics.md, the golden file and `eventcore metrics
/// describe` derive from it. Names of metrics occur nowhere else. A new metric is one constant
/// and one entry of the list in the header of its subject, and one line where `MetricsService`
/// feeds it. Names that begin with `process_` are those that every Prometheus client exports.

#include <algorithm>
#include <array>
#include <cstddef>

#include "eventcore/observability/catalogue_canary.hpp"
#include "eventcore/observability/catalogue_commands.hpp"
#include "eventcore/observability/catalogue_process.hpp"
#include "eventcore/observability/catalogue_projections.hpp"
#include "eventcore/observability/catalogue_store.hpp"
#include "eventcore/observability/catalogue_telemetry.hpp"

namespace eventcore::observability::catalogue {

namespace detail {
template <std::size_t... Sizes>
[[nodiscard]] consteval auto joined(const std::array<const MetricDescription*, Sizes>&... lists) {
  std::array<const MetricDescription*, (Sizes + ...)> all{};
  auto next = all.begin();
  ((next = std::copy(lists.begin(), lists.end(), next)), ...);
  return all;
}
}  // namespace detail

/// All of them, in the order of the reference page.
inline constexpr std::array kMetrics =
    detail::joined(kCommandMetrics, kProjectionMetrics, kStoreMetrics, kCanaryMetrics,
                   kTelemetryMetrics, kProcessMetrics);

}  // namespace eventcore::observability::catalogue
