#pragma once

// `TypeCatalog`: event type names by number and numbers by name, as far as this store has met them.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eventcore/detail/mutex.hpp"

namespace eventcore::postgres {

/// Names by number; a number that is not known has none. Immutable; a longer one replaces it.
struct TypeNames {
  std::vector<std::string_view> by_number;
  std::shared_ptr<const std::deque<std::string>> storage;

  [[nodiscard]] std::string_view name(std::uint64_t number) const noexcept {
    return number < by_number.size() ? by_number[number] : std::string_view();
  }
};

/// Thread-safety: Thread-safe.
class TypeCatalog {
 public:
  /// The number of a type; 0 if it is not known.
  [[nodiscard]] std::uint32_t find(std::string_view name) const EVENTCORE_EXCLUDES(mutex_);
  /// What is known now. Pages keep it, so that their views live on.
  [[nodiscard]] std::shared_ptr<const TypeNames> names() const EVENTCORE_EXCLUDES(mutex_);
  void learn(std::uint32_t number, std::string_view name) EVENTCORE_EXCLUDES(mutex_);

 private:
  mutable detail::Mutex mutex_;
  // Names never move; snapshots share the storage and look only at what they were made with.
  std::shared_ptr<std::deque<std::string>> storage_ EVENTCORE_GUARDED_BY(mutex_) =
      std::make_shared<std::deque<std::string>>();
  std::unordered_map<std::string_view, std::uint32_t> numbers_ EVENTCORE_GUARDED_BY(mutex_);
  std::shared_ptr<const TypeNames> snapshot_ EVENTCORE_GUARDED_BY(mutex_) =
      std::make_shared<TypeNames>();
};

}  // namespace eventcore::postgres
