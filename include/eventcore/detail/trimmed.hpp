#pragma once

/// \file
/// `trimmed`: a text without the space around it.

#include <string_view>

namespace eventcore::detail {

/// `text` without characters of `space` at both ends. What is nothing but space becomes the empty
/// end of `text`, so that its place is still known.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text,
                                                 std::string_view space = " \t") noexcept {
  const std::size_t begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return text.substr(text.size());
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

}  // namespace eventcore::detail
