#pragma once

// `TypeTable`: event type names by number and numbers by name, all in memory.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eventcore/detail/mutex.hpp"

namespace eventcore::sqlite {

/// Names by number, from 1. Immutable; a longer one replaces it when a type is added.
struct TypeNames {
  std::vector<std::string_view> by_number;
  std::shared_ptr<const std::deque<std::string>> storage;

  [[nodiscard]] std::string_view name(std::uint64_t number) const noexcept {
    return number < by_number.size() ? by_number[number] : std::string_view();
  }
};

/// The writer adds types; every thread takes snapshots. Thread-safety: as said beside each member.
class TypeTable {
 public:
  // The writer.

  /// The number of a type, 0 if it has none yet.
  [[nodiscard]] std::uint64_t find(std::string_view name) const;
  /// Gives the next number to a type within the group under way.
  std::uint64_t add(std::string_view name);
  [[nodiscard]] std::uint64_t last_number() const noexcept { return names_.size(); }
  /// Makes the group's types known to everybody.
  void publish() EVENTCORE_EXCLUDES(mutex_);
  /// Forgets the group's types.
  void drop();

  // Every thread.

  [[nodiscard]] std::shared_ptr<const TypeNames> names() const EVENTCORE_EXCLUDES(mutex_);

 private:
  // The writer's own. Names never move; the storage is shared with snapshots, which look only at
  // those that were there when they were made.
  std::shared_ptr<std::deque<std::string>> storage_ = std::make_shared<std::deque<std::string>>();
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, std::uint64_t> numbers_;
  std::size_t published_ = 0;

  mutable detail::Mutex mutex_;
  std::shared_ptr<const TypeNames> snapshot_ EVENTCORE_GUARDED_BY(mutex_) =
      std::make_shared<TypeNames>();
};

}  // namespace eventcore::sqlite
