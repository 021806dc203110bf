#pragma once

/// \file
/// `add_whole_number`: options that are positions or counts.

#include <cstdint>
#include <optional>
#include <string>

#include "../core/whole_number.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace eventcore::cli {

/// Adds an option that is an integer from 0 to 2^64 - 1 in decimal. The parser's own conversion
/// takes leading zeros for octal, and negative, broken and too large numbers for others.
/// Ownership: `to` outlives the parsing.
CLI::Option* add_whole_number(CLI::App& command, const std::string& name,
                              std::optional<std::uint64_t>& to, const std::string& description);

/// Empty if `text` has characters, else why that is wrong: a check of options that select, where
/// nothing would select everything.
[[nodiscard]] std::string not_empty(const std::string& text);

using eventcore::detail::parse_whole_number;

}  // namespace eventcore::cli
