#pragma once

// `StableIndex`: an array that grows at its end and whose elements never move.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "memory_arena.hpp"

namespace eventcore::detail {

/// Elements 0, 1, 2, … in chunks of 2^FirstBits, then twice as many each. Small when empty.
/// Thread-safety: one thread at a time writes; any thread reads an element that was set before
/// something that it has acquired, such as a count.
template <class T, unsigned FirstBits>
class StableIndex {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  /// Requires: element `at` was set.
  [[nodiscard]] const T& operator[](std::uint64_t at) const noexcept {
    const Place place = place_of(at);
    return chunk(place.chunk)[place.offset];
  }
  /// Makes room for `count` elements. Throws std::bad_alloc.
  void reserve(std::uint64_t count, MemoryArena& arena) {
    while (capacity_ < count) add_chunk(arena);
  }
  /// Requires: `at` is below what was reserved.
  void set(std::uint64_t at, const T& value) noexcept {
    const Place place = place_of(at);
    chunk(place.chunk)[place.offset] = value;
  }

 private:
  struct Place {
    unsigned chunk;
    std::uint64_t offset;
  };
  static constexpr unsigned kInlineChunks = 4;
  static constexpr unsigned kMoreChunks = 64 - kInlineChunks;

  [[nodiscard]] static Place place_of(std::uint64_t at) noexcept {
    const auto chunk = static_cast<unsigned>(std::bit_width((at >> FirstBits) + 1)) - 1;
    return {chunk, at - (((std::uint64_t{1} << chunk) - 1) << FirstBits)};
  }
  [[nodiscard]] T* chunk(unsigned number) const noexcept {
    return number < kInlineChunks ? inline_chunks_[number] : more_chunks_[number - kInlineChunks];
  }
  void add_chunk(MemoryArena& arena) {
    const unsigned number = place_of(capacity_).chunk;
    if (number >= kInlineChunks && more_chunks_ == nullptr) {
      more_chunks_ = static_cast<T**>(arena.allocate(kMoreChunks * sizeof(T*)));
    }
    const std::size_t elements = std::size_t{1} << (number + FirstBits);
    T* const chunk = static_cast<T*>(arena.allocate(elements * sizeof(T)));
    (number < kInlineChunks ? inline_chunks_[number] : more_chunks_[number - kInlineChunks]) =
        chunk;
    capacity_ += elements;
  }

  std::array<T*, kInlineChunks> inline_chunks_ = {};
  T** more_chunks_ = nullptr;
  std::uint64_t capacity_ = 0;  // the writer's
};

}  // namespace eventcore::detail
