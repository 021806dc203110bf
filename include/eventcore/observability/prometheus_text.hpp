#pragma once

/// \file
/// `/metrics` as text: Prometheus' exposition format 0.0.4.

#include <functional>
#include <string>
#include <string_view>

#include "eventcore/observability/metrics_snapshot.hpp"

namespace eventcore::observability {

/// Takes a page piece by piece.
using TextSink = std::function<void(std::string_view piece)>;

/// The content type of `write_prometheus_text`.
inline constexpr std::string_view kPrometheusTextType = "text/plain; version=0.0.4; charset=utf-8";

/// Writes `snapshot` to `sink`. Families are in the order of their names, series in that of their
/// label values; a family without series is left out.
void write_prometheus_text(const MetricsSnapshot& snapshot, const TextSink& sink);

/// The same as one string.
[[nodiscard]] std::string prometheus_text(const MetricsSnapshot& snapshot);

}  // namespace eventcore::observability
