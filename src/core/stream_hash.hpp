#pragma once

// `hash_stream`: the hash that a `StreamId` carries, for those who have a stream's name only.

#include <cstdint>
#include <functional>
#include <string_view>

#include "eventcore/uuid.hpp"
#include "text_hash.hpp"

namespace eventcore::detail {

/// Equal names have equal hashes within one process. The seed is random, so that names can't be
/// chosen to collide. Thread-safety: Thread-safe.
inline std::uint64_t hash_stream(std::string_view name) noexcept {
  static const std::uint64_t kSeed = std::hash<Uuid>{}(mint_uuid({}));
  return hash_text(name, kSeed);
}

}  // namespace eventcore::detail
