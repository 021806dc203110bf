#pragma once

/// \file
/// The catalogue for people and for tools.

#include <string>

namespace eventcore::observability {

/// Every metric of the catalogue as a JSON array, for `eventcore metrics describe --json`.
[[nodiscard]] std::string describe_metrics_json();

/// The text of docs/reference/metrics.md.
[[nodiscard]] std::string describe_metrics_markdown();

}  // namespace eventcore::observability
