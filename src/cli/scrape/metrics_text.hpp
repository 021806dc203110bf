#pragma once

/// \file
/// `parse_metrics_text`: what `prometheus_text` writes, read again.

#include <string_view>

#include "eventcore/observability/metrics_snapshot.hpp"
#include "eventcore/result.hpp"

namespace eventcore::cli {

/// The families of the catalogue on a page of Prometheus' text format 0.0.4; others are passed
/// over. Histograms have the bounds of the page. Errors: InvalidArgument (a line is none of that
/// format: its number; or there is no family of the catalogue).
[[nodiscard]] Result<observability::MetricsSnapshot> parse_metrics_text(std::string_view page);

}  // namespace eventcore::cli
