#pragma once

/// \file
/// `/metrics` as text: OpenMetrics 1.0.
///
/// Beside what prometheus_text.hpp has, it tells units, since when counters and histograms count,
/// and exemplars. Families of counters and infos are called without `_total` and `_info`; should
/// another family have that name already, a counter is shown as `unknown` and an info as a gauge.

#include <string>
#include <string_view>

#include "eventcore/observability/metrics_snapshot.hpp"
#include "eventcore/observability/prometheus_text.hpp"

namespace eventcore::observability {

/// The content type of `write_openmetrics_text`.
inline constexpr std::string_view kOpenMetricsTextType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes `snapshot` to `sink`, in the order of `write_prometheus_text`. A histogram whose sum is
/// no counter, because values below zero count, is shown without sum and count.
void write_openmetrics_text(const MetricsSnapshot& snapshot, const TextSink& sink);

/// The same as one string.
[[nodiscard]] std::string openmetrics_text(const MetricsSnapshot& snapshot);

}  // namespace eventcore::observability
