#pragma once

// Numbers in texts that people and other programs write.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace eventcore::detail {

/// The number that is written as `text`, in decimal digits alone.
[[nodiscard]] inline std::optional<std::uint64_t> parse_whole_number(
    std::string_view text) noexcept {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace eventcore::detail
