#pragma once

// How many distinct streams were touched in the last N seconds: exact to the second, in bounded
// memory.
//
// 1. A stream is remembered as its 64-bit hash and the second (tick) of its last touch.
// 2. `counts_[t % size]` is the number of streams whose last touch is in tick t. Their sum over
//    the window is the answer, and reading it takes no lock.
// 3. Entries are changed under their shard's mutex. A touch takes it only when the stream was not
//    touched in this tick: `recent_` remembers most of those that were.
// 4. Entries past the window are removed, a few with each change of their shard.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"

namespace eventcore::observability::detail {

/// Thread-safety: Thread-safe.
class ActiveStreams {
 public:
  /// Requires: `window` is 1 s to 1 day.
  ActiveStreams(std::chrono::seconds window, std::size_t streams_max);

  /// The stream with `hash` was touched at `now`. Cost: one load for a stream touched in the same
  /// second, else a short lock.
  void touch(std::uint64_t hash, Instant now) noexcept;
  /// Fetches what `touch` will look at.
  void expect(std::uint64_t hash) const noexcept { __builtin_prefetch(&recent_[place_of(hash)]); }
  /// Streams touched in the window that ends at `now`.
  [[nodiscard]] std::uint64_t count(Instant now) const noexcept;

 private:
  struct Entry {
    std::uint64_t hash = 0;  // 0: free
    std::uint32_t tick = 0;
  };
  struct Shard {
    eventcore::detail::Mutex mutex;
    std::vector<Entry> entries EVENTCORE_GUARDED_BY(mutex);
    std::size_t used EVENTCORE_GUARDED_BY(mutex) = 0;
    std::size_t hand EVENTCORE_GUARDED_BY(mutex) = 0;  // where the next sweep begins
  };
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kRecent = 16'384;

  [[nodiscard]] static std::size_t place_of(std::uint64_t hash) noexcept {
    return hash % kRecent & ~std::size_t{1};
  }
  [[nodiscard]] std::uint32_t tick_of(Instant now) const noexcept;
  [[nodiscard]] bool is_expired(std::uint32_t tick, std::uint32_t now) const noexcept {
    return now >= tick && now - tick >= window_ticks_;
  }
  void change(Shard& shard, std::uint64_t hash, std::uint32_t tick) EVENTCORE_EXCLUDES(shard.mutex);
  void sweep(Shard& shard, std::uint32_t tick) EVENTCORE_REQUIRES(shard.mutex);
  static void grow(Shard& shard) EVENTCORE_REQUIRES(shard.mutex);
  static void erase(Shard& shard, std::size_t index) EVENTCORE_REQUIRES(shard.mutex);
  void count_tick(std::uint32_t tick, int change) noexcept;

  const std::uint32_t window_ticks_;
  const std::size_t shard_entries_max_;

  std::array<Shard, kShards> shards_;
  // Atomic: written by all who touch. Marks of a hash and a tick.
  std::unique_ptr<std::atomic<std::uint64_t>[]> recent_;
  // Atomic: read without a lock. Upper half the tick, lower half how many.
  const std::size_t counts_size_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
};

}  // namespace eventcore::observability::detail
