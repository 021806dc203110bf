#pragma once

// A log record as an element of `ScopeLogs.log_records`.

#include <memory>
#include <string>
#include <vector>

#include "../logging/log_format.hpp"

namespace eventcore::detail {

/// Writes elements, each with a byte behind it that belongs to nobody, as an end of line would.
[[nodiscard]] std::unique_ptr<LogFormatter> make_otlp_formatter(std::vector<std::string> redacted);

}  // namespace eventcore::detail
