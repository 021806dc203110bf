#pragma once

/// \file
/// `Uuid`: 128-bit identifiers of commands and batches (RFC 9562).
///
/// We mint version 7, which sorts by the minting host's clock. It is an identity, never an order:
/// the order of events is their `Position`.

#include <array>
#include <bit>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace eventcore {

/// A UUID in network byte order; the default is the nil UUID. Thread-safety: Immutable.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  [[nodiscard]] constexpr bool is_nil() const noexcept {
    // As words: the comparison of arrays is a call.
    const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
    return (words[0] | words[1]) == 0;
  }
  /// The text form in lower case, 36 characters.
  [[nodiscard]] std::string to_string() const;
  /// The UUID written as `text` (36 characters, any case); nothing if it is not one.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text) noexcept;

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// Mints a version 7 UUID: `time` in milliseconds, then 74 bits of which the first are a counter,
/// so that ids of one thread sort in minting order. Thread-safety: Thread-safe. Cost: no system
/// call but for one `getrandom` a thread; a fork gets new random bits.
[[nodiscard]] Uuid mint_uuid(std::chrono::sys_time<std::chrono::milliseconds> time) noexcept;

class Clock;
/// The same with the time that `clock` shows.
[[nodiscard]] Uuid mint_uuid_now(const Clock& clock) noexcept;

/// Identifies one event: its batch and its ordinal in it. Derived, not stored.
struct EventId {
  Uuid batch;
  std::uint32_t ordinal = 0;

  /// `<uuid>/<ordinal>`.
  [[nodiscard]] std::string to_string() const;
  friend constexpr auto operator<=>(const EventId&, const EventId&) = default;
};

}  // namespace eventcore

template <>
struct std::hash<eventcore::Uuid> {
  std::size_t operator()(const eventcore::Uuid& uuid) const noexcept;
};
