#pragma once

// `MemoryArena`: where the memory store keeps everything. Nothing in it moves or is destroyed
// before the arena, so that readers hold plain views.

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "eventcore/detail/mutex.hpp"

namespace eventcore::detail {

/// Hands out memory from growing segments. Thread-safety: Thread-safe. Cost: one atomic addition.
class MemoryArena {
 public:
  MemoryArena();

  /// At least `bytes` bytes, aligned to 8. Throws std::bad_alloc.
  [[nodiscard]] void* allocate(std::size_t bytes);
  /// Returns memory that nobody has seen; later calls of `allocate` use it again.
  void give_back(void* memory, std::size_t bytes) noexcept;
  /// A copy of `text`. Throws std::bad_alloc.
  [[nodiscard]] std::string_view copy(std::string_view text);
  /// Bytes taken from the system.
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

 private:
  struct Segment {
    Segment(std::size_t bytes, std::size_t used_at_first);
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;
    ~Segment();

    std::byte* const begin;
    const std::size_t bytes;
    std::atomic<std::size_t> used;  // atomic: threads take space at once; may pass `bytes`
  };
  struct Spare {
    Spare* next;
    std::size_t bytes;
  };

  [[nodiscard]] void* allocate_segment(std::size_t bytes) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] void* allocate_slowly(std::size_t bytes) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] void* take_spare(std::size_t bytes) EVENTCORE_EXCLUDES(mutex_);
  Segment& add_segment(std::size_t bytes, std::size_t used) EVENTCORE_REQUIRES(mutex_);

  std::atomic<Segment*> current_ = nullptr;  // atomic: read without the mutex
  std::atomic<std::size_t> spares_ = 0;      // atomic: lets `allocate` pass by an empty list
  std::atomic<std::size_t> size_ = 0;        // atomic: for statistics

  Mutex mutex_;
  std::vector<std::unique_ptr<Segment>> segments_ EVENTCORE_GUARDED_BY(mutex_);
  std::size_t next_bytes_ EVENTCORE_GUARDED_BY(mutex_);
  // By the binary logarithm of their size, rounded down.
  std::array<Spare*, 64> spare_lists_ EVENTCORE_GUARDED_BY(mutex_) = {};
};

}  // namespace eventcore::detail
