#pragma once

/// \file
/// Points in time as RFC 3339 text. Not for direct use.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace eventcore::detail {

/// The unit of a time, `seconds / parts` of a second.
struct TimeUnit {
  std::int64_t seconds = 1;
  std::int64_t parts = 1;

  /// Whole seconds, or decimal parts that RFC 3339 can write.
  [[nodiscard]] constexpr bool is_decimal() const noexcept {
    return parts == 1 ||
           (seconds == 1 && (parts == 1'000 || parts == 1'000'000 || parts == 1'000'000'000));
  }
  [[nodiscard]] constexpr bool is_date() const noexcept { return seconds % 86'400 == 0; }
};

struct TimeText {
  std::array<char, 32> characters;
  std::size_t size = 0;
};

/// Reads a date, or a time with `Z` or an offset, as a count of `unit` since 1970. Returns null,
/// or why `text` is no such time. Static storage.
const char* parse_time(std::string_view text, TimeUnit unit, std::int64_t& count) noexcept;

/// Writes what `parse_time` reads; false outside of the years 0 to 9999.
bool format_time(std::int64_t count, TimeUnit unit, TimeText& text) noexcept;

}  // namespace eventcore::detail
