#pragma once

// `NameTable`: finds things by name without a lock while one thread adds to it.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "memory_arena.hpp"
#include "text_hash.hpp"

namespace eventcore::detail {

/// Items of type T by what their member `Name` holds or returns; the caller hashes. Open
/// addressing in 64 parts that grow one by one, so that no addition moves more than a 64th of the
/// items. Outgrown parts stay in the arena, because readers may look into them.
/// Thread-safety: one thread at a time adds; any thread finds what was added before something
/// that it has acquired. Ownership: the items are the caller's and outlive the table.
template <class T, auto Name>
class NameTable {
 public:
  /// Begins to load what `find` looks at, so that the loads for several names overlap.
  void prefetch(std::uint64_t hash) const noexcept {
    const Slots* slots = part(hash).slots.load(std::memory_order_acquire);
    if (slots != nullptr) __builtin_prefetch(&slots->begin[hash & slots->mask]);
  }
  [[nodiscard]] T* find(std::string_view name, std::uint64_t hash) const noexcept {
    const Slots* slots = part(hash).slots.load(std::memory_order_acquire);
    if (slots == nullptr) return nullptr;
    for (std::uint64_t at = hash;; ++at) {
      const Slot& slot = slots->begin[at & slots->mask];
      // Acquires the item and, beside it, the hash, which `put` writes first.
      T* const item = slot.item.load(std::memory_order_acquire);
      if (item == nullptr) return nullptr;
      if (slot.hash == hash && same_text(std::invoke(Name, *item), name)) return item;
    }
  }
  /// Makes room for one more item with `hash`. Throws std::bad_alloc.
  void reserve(std::uint64_t hash, MemoryArena& arena) {
    Part& in = part(hash);
    const Slots* slots = in.slots.load(std::memory_order_relaxed);
    if (slots == nullptr || 4 * (in.count + 1) > 3 * (slots->mask + 1)) grow(in, arena);
  }
  /// Requires: `reserve(hash, …)` came before, and no item has this name.
  void insert(T& item, std::uint64_t hash) noexcept {
    Part& in = part(hash);
    put(*in.slots.load(std::memory_order_relaxed), item, hash);
    ++in.count;
  }

 private:
  struct Slot {
    std::atomic<T*> item = nullptr;  // atomic: found while others are added
    std::uint64_t hash = 0;
  };
  struct Slots {
    Slot* begin;
    std::uint64_t mask;
  };
  struct Part {
    std::atomic<Slots*> slots = nullptr;  // atomic: replaced while others look
    std::uint64_t count = 0;              // the writer's
  };
  static constexpr unsigned kPartBits = 6;
  static constexpr std::uint64_t kFirstSlots = 4;

  // The highest bits choose the part, the lowest the slot.
  [[nodiscard]] const Part& part(std::uint64_t hash) const noexcept {
    return parts_[hash >> (64 - kPartBits)];
  }
  [[nodiscard]] Part& part(std::uint64_t hash) noexcept { return parts_[hash >> (64 - kPartBits)]; }

  static void put(Slots& slots, T& item, std::uint64_t hash) noexcept {
    std::uint64_t at = hash;
    while (slots.begin[at & slots.mask].item.load(std::memory_order_relaxed) != nullptr) ++at;
    Slot& slot = slots.begin[at & slots.mask];
    slot.hash = hash;
    slot.item.store(&item, std::memory_order_release);
  }

  static void grow(Part& in, MemoryArena& arena) {
    const Slots* const old = in.slots.load(std::memory_order_relaxed);
    const std::uint64_t size = old == nullptr ? kFirstSlots : 2 * (old->mask + 1);
    auto* const begin = static_cast<Slot*>(arena.allocate(size * sizeof(Slot)));
    std::uninitialized_default_construct_n(begin, size);
    auto* const slots = ::new (arena.allocate(sizeof(Slots))) Slots{begin, size - 1};
    for (std::uint64_t i = 0; old != nullptr && i <= old->mask; ++i) {
      const Slot& slot = old->begin[i];
      if (T* const item = slot.item.load(std::memory_order_relaxed)) put(*slots, *item, slot.hash);
    }
    in.slots.store(slots, std::memory_order_release);
  }

  std::array<Part, std::size_t{1} << kPartBits> parts_;
};

}  // namespace eventcore::detail
