#pragma once

// The 64-bit hash under which streams and names are remembered.

#include <cstdint>
#include <string_view>

#include "../core/stream_hash.hpp"
#include "../core/text_hash.hpp"

namespace eventcore::observability::detail {

/// Never 0, which means "nothing" to those that keep hashes.
[[nodiscard]] inline std::uint64_t text_hash(std::string_view text) noexcept {
  const std::uint64_t hash = eventcore::detail::hash_text(text, 0);
  return hash == 0 ? 1 : hash;
}

/// The hash of a stream's name, as `StreamId::hash`, but never 0.
[[nodiscard]] inline std::uint64_t stream_hash(std::string_view stream,
                                               std::uint64_t known = 0) noexcept {
  const std::uint64_t hash = known != 0 ? known : eventcore::detail::hash_stream(stream);
  return hash == 0 ? 1 : hash;
}

}  // namespace eventcore::observability::detail
