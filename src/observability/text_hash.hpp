#pragma once

// The 64-bit hash under which streams and names are remembered.

#include <cstdint>
#include <string_view>

#include "../core/text_hash.hpp"

namespace eventcore::observability::detail {

/// Never 0, which means "nothing" to those that keep hashes.
[[nodiscard]] inline std::uint64_t text_hash(std::string_view text) noexcept {
  const std::uint64_t hash = eventcore::detail::hash_text(text, 0);
  return hash == 0 ? 1 : hash;
}

}  // namespace eventcore::observability::detail
