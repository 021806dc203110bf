#pragma once

// The streams that are written, and fought over, most often.
//
// Several sketches stand side by side, each behind its own mutex. Who has something to count takes
// one that is free, beginning with the one that belongs to its thread, and waits for none: if all
// are taken the occurrence is lost, and counted as such. The sketches are added up when they are
// read; a stream without a place in a full sketch may have occurred there as often as the least of
// its places, which is added to its count and to its error.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "space_saving.hpp"

namespace eventcore::observability::detail {

/// Thread-safety: Thread-safe. Blocking: `update` never waits.
class HotStreams {
 public:
  /// Streams that are told, at most.
  static constexpr std::size_t kMax = 10;

  /// Requires: `streams_max` is at most `kMax`; 0: nothing is counted.
  explicit HotStreams(std::size_t streams_max);

  /// Runs `count(SpaceSaving&)`, which has to be short, unless all sketches are taken.
  template <class Count>
  void update(const Count& count) noexcept {
    if (streams_max_ == 0) return;
    const std::size_t first = own_sketch();
    for (std::size_t i = 0; i < kSketches; ++i) {
      Sketch& sketch = sketches_[(first + i) % kSketches];
      if (!sketch.mutex.try_lock()) continue;
      count(sketch.streams);
      sketch.mutex.unlock();
      return;
    }
    lost_.fetch_add(1, std::memory_order_relaxed);
  }

  /// The hottest first: by what each occurred at least, then by version and name.
  [[nodiscard]] std::vector<StreamCount> list() const;
  /// Updates that found all sketches taken.
  [[nodiscard]] std::uint64_t lost() const noexcept {
    return lost_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kSketches = 8;
  static constexpr std::size_t kPlaces = 128;

  struct alignas(64) Sketch {
    mutable eventcore::detail::Mutex mutex;
    SpaceSaving streams EVENTCORE_GUARDED_BY(mutex){kPlaces};
  };

  [[nodiscard]] static std::size_t own_sketch() noexcept;
  [[nodiscard]] std::vector<StreamCount> added_up() const;

  const std::size_t streams_max_;
  std::array<Sketch, kSketches> sketches_;
  std::atomic<std::uint64_t> lost_ = 0;  // atomic: counted where no mutex is free
};

}  // namespace eventcore::observability::detail
