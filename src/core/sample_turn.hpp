#pragma once

// `SampleTurn`: whose turn it is to be looked at, one in so many on average.

#include <cstdint>

namespace eventcore::detail {

/// The first one is looked at, and then one at a random distance: work that comes in a fixed rhythm
/// can't always be missed. Thread-safety: One thread at a time; meant to be `thread_local`.
class SampleTurn {
 public:
  /// Requires: `interval` is not 0; 1: always.
  [[nodiscard]] bool next(std::uint32_t interval) noexcept {
    if (left_ > 0 && interval > 1) {
      --left_;
      return false;
    }
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX
    left_ = static_cast<std::uint32_t>((random_ >> 33U) % (2 * std::uint64_t{interval} - 1));
    return true;
  }

 private:
  std::uint32_t left_ = 0;
  std::uint64_t random_ = 0;
};

}  // namespace eventcore::detail
