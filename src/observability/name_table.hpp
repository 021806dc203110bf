#pragma once

// Finds what belongs to a name without a lock, once it is there.

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "text_hash.hpp"

namespace eventcore::observability::detail {

/// A map from at most `Max` names to values that never move or go. Names past `Max` share one
/// value. Thread-safety: Thread-safe. Cost: a hash and a comparison; a lock at first sight.
template <class Value, std::size_t Max>
class NameTable {
 public:
  /// The value of `name`; made by `make(name)` at first sight. Past the limit that of
  /// `overflow_name`, each time after a call of `count_overflow()`.
  template <class Make, class CountOverflow>
  const Value& find(std::string_view name, std::string_view overflow_name, const Make& make,
                    const CountOverflow& count_overflow) {
    const std::uint64_t hash = text_hash(name);
    for (std::size_t i = hash % kSlots;; i = (i + 1) % kSlots) {
      // Acquire: pairs with the release in `add`, so that the entry is complete.
      const Entry* entry = slots_[i].load(std::memory_order_acquire);
      if (entry == nullptr) break;
      if (entry->hash == hash && eventcore::detail::same_text(entry->name, name)) {
        return entry->value;
      }
    }
    // Acquire: pairs with the release in `add`. It is set once all places are taken.
    const Value* overflow = overflow_value_.load(std::memory_order_acquire);
    const Value& value = overflow != nullptr ? *overflow : add(name, hash, overflow_name, make);
    if (&value == overflow_value_.load(std::memory_order_relaxed)) count_overflow();
    return value;
  }

  /// Calls `look(name, value)` for each but the one past the limit. Blocking: a short lock.
  template <class Look>
  void each(const Look& look) const EVENTCORE_EXCLUDES(mutex_) {
    const eventcore::detail::MutexLock lock(mutex_);
    for (const auto& entry : entries_) look(entry->name, entry->value);
  }

 private:
  struct Entry {
    std::uint64_t hash;
    std::string name;
    Value value;
  };
  static constexpr std::size_t kSlots = Max * 4;

  template <class Make>
  const Value& add(std::string_view name, std::uint64_t hash, std::string_view overflow_name,
                   const Make& make) EVENTCORE_EXCLUDES(mutex_) {
    const eventcore::detail::MutexLock lock(mutex_);
    std::size_t i = hash % kSlots;
    for (;; i = (i + 1) % kSlots) {
      const Entry* entry = slots_[i].load(std::memory_order_relaxed);
      if (entry == nullptr) break;
      if (entry->hash == hash && entry->name == name) return entry->value;
    }
    if (entries_.size() == Max) {
      if (overflow_ == nullptr) overflow_ = std::make_unique<Value>(make(overflow_name));
      overflow_value_.store(overflow_.get(), std::memory_order_release);
      return *overflow_;
    }
    entries_.push_back(std::make_unique<Entry>(Entry{hash, std::string(name), make(name)}));
    slots_[i].store(entries_.back().get(), std::memory_order_release);
    return entries_.back()->value;
  }

  std::array<std::atomic<const Entry*>, kSlots> slots_{};  // atomic: searched without the mutex
  std::atomic<const Value*> overflow_value_ = nullptr;     // atomic: read without the mutex

  mutable eventcore::detail::Mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_ EVENTCORE_GUARDED_BY(mutex_);
  std::unique_ptr<Value> overflow_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::observability::detail
