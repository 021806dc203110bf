#pragma once

/// \file
/// `whole_number`: the check of options that are positions or counts.

#include <string>

namespace eventcore::cli {

/// Empty if `text` is an integer from 0 to 2^64 - 1, else why it is none. The parser's own
/// conversion takes negative, broken and too large numbers for others.
[[nodiscard]] std::string whole_number(const std::string& text);

}  // namespace eventcore::cli
