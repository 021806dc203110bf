#pragma once

// What a registry accepts as a metric, and the copy of it that the registry keeps.

#include <memory>
#include <string>
#include <string_view>

#include "eventcore/observability/metric_description.hpp"
#include "eventcore/result.hpp"

namespace eventcore::observability::detail {

/// Checks names, labels, buckets and help by Prometheus' rules and ours.
/// Errors: InvalidArgument, naming metric and rule.
[[nodiscard]] Result<void> check(const MetricDescription& description);

/// A copy that owns all its texts.
[[nodiscard]] std::shared_ptr<const MetricDescription> own(const MetricDescription& description);

[[nodiscard]] bool same(const MetricDescription& a, const MetricDescription& b);

/// Kind, name, labels, buckets and help in one line, for messages.
[[nodiscard]] std::string summary(const MetricDescription& description);

/// `text` if it is UTF-8, else with `?` for each byte that is not ASCII.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace eventcore::observability::detail
