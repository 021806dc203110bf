#pragma once

/// \file
/// `LogLevel`: how much a log record matters.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace eventcore {

/// From the most talkative to none.
enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warn, Error, Off };
/// Those that a record can have.
inline constexpr std::size_t kLogLevels = 5;

/// The name of `level` in lower case. Static storage.
[[nodiscard]] std::string_view to_string(LogLevel level) noexcept;
/// The level that `text` names, in any case; nothing if it is none.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text) noexcept;

}  // namespace eventcore
