#pragma once

// The text formats of `/metrics`: they share lines, and differ in headers, names and additions.

#include <cstdint>
#include <string>

#include "eventcore/observability/metrics_snapshot.hpp"
#include "eventcore/observability/prometheus_text.hpp"

namespace eventcore::observability::detail {

enum class TextFormat : std::uint8_t { Prometheus, OpenMetrics };

/// Appends the page of `snapshot` to `page`. With a sink, `page` is handed on and emptied whenever
/// a piece is full.
void append_page(std::string& page, const MetricsSnapshot& snapshot, TextFormat format,
                 const TextSink* sink = nullptr);

/// The name of a family in OpenMetrics: counters lose `_total`, infos `_info`.
[[nodiscard]] std::string_view openmetrics_name(const MetricDescription& description) noexcept;

}  // namespace eventcore::observability::detail
