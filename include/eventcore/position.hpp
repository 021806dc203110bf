#pragma once

/// \file
/// The two numbers of an event: its `Position` in the log and its `StreamVersion` in the stream.
///
/// A position is dense and assigned in commit order: a reader that has seen position N has seen
/// every committed event up to N. The usual mistake is to compare numbers of the two kinds; they
/// are distinct types, and neither converts to an integer by itself.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace eventcore {

/// The place of an event in the log of its store: 1, 2, 3, … in commit order. 0 is "before the
/// first event". Never reused. Thread-safety: Immutable.
struct Position {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(Position, Position) = default;
  friend constexpr Position operator+(Position position, std::uint64_t count) noexcept {
    return {position.value + count};
  }
  /// Events after `from`, up to and including `to`. Requires: `from <= to`.
  friend constexpr std::uint64_t operator-(Position to, Position from) noexcept {
    return to.value - from.value;
  }
};

/// The number of events in a stream; the first event has version 1, an empty stream version 0.
/// Thread-safety: Immutable.
struct StreamVersion {
  std::uint64_t value = 0;

  friend constexpr auto operator<=>(StreamVersion, StreamVersion) = default;
  friend constexpr StreamVersion operator+(StreamVersion version, std::uint64_t count) noexcept {
    return {version.value + count};
  }
  /// Events after version `from`, up to and including `to`. Requires: `from <= to`.
  friend constexpr std::uint64_t operator-(StreamVersion to, StreamVersion from) noexcept {
    return to.value - from.value;
  }
};

}  // namespace eventcore

template <>
struct std::hash<eventcore::Position> {
  std::size_t operator()(eventcore::Position position) const noexcept {
    return std::hash<std::uint64_t>{}(position.value);
  }
};
