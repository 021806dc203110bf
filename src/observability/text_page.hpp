#pragma once

// The text formats of `/metrics`: they share lines, and differ in headers, names and additions.

#include <cstdint>
#include <string>
#include <string_view>

#include "eventcore/observability/metrics_snapshot.hpp"
#include "eventcore/observability/prometheus_text.hpp"

namespace eventcore::observability::detail {

enum class TextFormat : std::uint8_t { Prometheus, OpenMetrics };

/// Writes the page of `snapshot` to `sink`, piece by piece.
void write_page(const MetricsSnapshot& snapshot, TextFormat format, const TextSink& sink);

/// The same as one string.
[[nodiscard]] std::string page_text(const MetricsSnapshot& snapshot, TextFormat format);

/// The name of a family in OpenMetrics: counters lose `_total`, infos `_info`.
[[nodiscard]] std::string_view openmetrics_name(const MetricDescription& description) noexcept;

}  // namespace eventcore::observability::detail
