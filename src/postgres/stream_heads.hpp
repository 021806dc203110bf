#pragma once

// `StreamHeads`: what the writer knows of streams: their numbers for ever, their versions as of one
// head of the log.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "eventcore/position.hpp"

namespace eventcore::postgres {

/// Thread-safety: One thread at a time, the writer's.
class StreamHeads {
 public:
  explicit StreamHeads(std::size_t entries_max) : entries_max_(entries_max) {}

  struct Known {
    std::uint64_t number = 0;              ///< 0: not known.
    std::optional<std::uint64_t> version;  ///< At `at()`.
  };
  [[nodiscard]] Known find(std::string_view stream) const {
    const auto entry = entries_.find(stream);
    if (entry == entries_.end()) return {};
    Known known{.number = entry->second.number, .version = {}};
    if (entry->second.generation == generation_) known.version = entry->second.version;
    return known;
  }
  /// Makes room for the streams of a group: those that are set now are there for the next one, also
  /// if they are too many.
  void trim() {
    if (entries_.size() >= entries_max_) entries_.clear();
  }
  void set(std::string_view stream, std::uint64_t number, std::uint64_t version) {
    const auto found = entries_.find(stream);
    if (found != entries_.end()) {
      found->second = {number, version, generation_};
      return;
    }
    entries_.emplace(stream, Entry{number, version, generation_});
  }
  /// The head at which versions hold; nothing is known of later events.
  [[nodiscard]] Position at() const noexcept { return at_; }
  /// Forgets all versions. `head` is the newest that is known.
  void forget(Position head) noexcept {
    ++generation_;
    at_ = head;
  }
  /// The log has moved from `at()` to `before` by others, and from there to `now` by this writer.
  void move(Position before, Position now) noexcept {
    if (before != at_) ++generation_;
    at_ = now;
  }

 private:
  struct Entry {
    std::uint64_t number = 0;
    std::uint64_t version = 0;
    std::uint64_t generation = 0;  // of the version
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };

  const std::size_t entries_max_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
  std::uint64_t generation_ = 1;
  Position at_;
};

}  // namespace eventcore::postgres
