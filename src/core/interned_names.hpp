#pragma once

// `InternedNames`: numbers for names that come up again and again.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "memory_arena.hpp"
#include "name_table.hpp"
#include "stable_index.hpp"
#include "text_hash.hpp"

namespace eventcore::detail {

/// Names and their numbers 1, 2, 3, …; 0 is no name.
/// Thread-safety: one thread at a time interns; any thread looks up.
class InternedNames {
 public:
  explicit InternedNames(std::uint64_t seed) noexcept : seed_(seed) {}

  /// The number of `name`, or 0.
  [[nodiscard]] std::uint32_t find(std::string_view name) const noexcept {
    const Entry* const entry = by_name_.find(name, hash_text(name, seed_));
    return entry == nullptr ? 0 : entry->number;
  }
  /// Requires: `number` came from this object and is not 0.
  [[nodiscard]] std::string_view name(std::uint32_t number) const noexcept {
    return by_number_[number - 1]->name;
  }
  [[nodiscard]] std::uint32_t count() const noexcept {
    return count_.load(std::memory_order_acquire);
  }
  /// The number of `name`, new if need be. Throws std::bad_alloc.
  [[nodiscard]] std::uint32_t intern(std::string_view name, MemoryArena& arena) {
    if (const std::uint32_t known = find(name)) return known;
    const std::uint64_t hash = hash_text(name, seed_);
    const std::uint32_t number = count_.load(std::memory_order_relaxed) + 1;
    by_name_.reserve(hash, arena);
    by_number_.reserve(number, arena);
    auto* const entry = ::new (arena.allocate(sizeof(Entry))) Entry{arena.copy(name), number};
    by_number_.set(number - 1, entry);
    by_name_.insert(*entry, hash);
    count_.store(number, std::memory_order_release);
    return number;
  }

 private:
  struct Entry {
    std::string_view name;
    std::uint32_t number;
  };

  const std::uint64_t seed_;
  NameTable<Entry, &Entry::name> by_name_;
  StableIndex<const Entry*> by_number_;
  std::atomic<std::uint32_t> count_ = 0;  // atomic: read while names are added
};

}  // namespace eventcore::detail
