#pragma once

// Text inside the exposition formats.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/observability/metrics_snapshot.hpp"

namespace eventcore::observability::detail {

/// Appends `text` with backslash and line feed escaped, and inside a label value quotes too.
void append_escaped(std::string& out, std::string_view text, bool in_label);

/// The labels of a series of `description` with these values.
[[nodiscard]] std::shared_ptr<const SeriesLabels> make_labels(const MetricDescription& description,
                                                              std::vector<std::string> values);

}  // namespace eventcore::observability::detail
