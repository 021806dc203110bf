#pragma once

// `StableIndex`: an array that grows at its end and whose elements never move.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "memory_arena.hpp"

namespace eventcore::detail {

/// The first two elements lie in the object, for the many streams that have no more; the others
/// in chunks of 8, 16, 32, … that a directory lists.
/// Thread-safety: one thread at a time writes; any thread reads an element that was set before
/// something that it has acquired, such as a count.
template <class T>
class StableIndex {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  /// Requires: element `at` was set.
  [[nodiscard]] const T& operator[](std::uint64_t at) const noexcept { return *place_of(at); }
  /// Makes room for `count` elements. Throws std::bad_alloc.
  void reserve(std::uint64_t count, MemoryArena& arena) {
    while (capacity_ < count) add_chunk(arena);
  }
  /// Requires: `at` is below what was reserved.
  void set(std::uint64_t at, const T& value) noexcept {
    *(at >= newest_begin_ ? newest_ + (at - newest_begin_) : place_of(at)) = value;
  }

 private:
  static constexpr std::uint64_t kInline = 2;
  static constexpr unsigned kFirstChunkBits = 3;
  static constexpr unsigned kFirstDirectory = 4;  // chunks, for the next 120 elements
  static constexpr unsigned kWholeDirectory = 60;

  [[nodiscard]] static unsigned chunk_of(std::uint64_t at) noexcept {
    return static_cast<unsigned>(std::bit_width(((at - kInline) >> kFirstChunkBits) + 1)) - 1;
  }
  [[nodiscard]] static std::uint64_t chunk_begin(unsigned chunk) noexcept {
    return (((std::uint64_t{1} << chunk) - 1) << kFirstChunkBits) + kInline;
  }
  [[nodiscard]] T* place_of(std::uint64_t at) const noexcept {
    if (at < kInline) return const_cast<T*>(&inline_[at]);
    const unsigned chunk = chunk_of(at);
    // Acquires the chunks that a longer directory lists.
    return directory_.load(std::memory_order_acquire)[chunk] + (at - chunk_begin(chunk));
  }

  void add_chunk(MemoryArena& arena) {
    const unsigned chunk = chunk_of(capacity_);
    if (chunk == 0) lengthen_directory(0, kFirstDirectory, arena);
    if (chunk == kFirstDirectory) lengthen_directory(chunk, kWholeDirectory, arena);
    const std::uint64_t elements = std::uint64_t{1} << (chunk + kFirstChunkBits);
    auto* const begin = static_cast<T*>(arena.allocate(elements * sizeof(T)));
    directory_.load(std::memory_order_relaxed)[chunk] = begin;
    newest_ = begin;
    newest_begin_ = capacity_;
    capacity_ += elements;
  }
  void lengthen_directory(unsigned used, unsigned length, MemoryArena& arena) {
    auto* const longer = static_cast<T**>(arena.allocate(length * sizeof(T*)));
    std::copy_n(directory_.load(std::memory_order_relaxed), used, longer);
    directory_.store(longer, std::memory_order_release);
  }

  std::array<T, kInline> inline_ = {};
  std::atomic<T**> directory_ = nullptr;  // atomic: replaced while others read

  // The writer's. The newest chunk is at hand without a look at the directory.
  std::uint64_t capacity_ = kInline;
  T* newest_ = nullptr;
  std::uint64_t newest_begin_ = kInline;
};

}  // namespace eventcore::detail
