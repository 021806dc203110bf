#pragma once

// One remembered command, in a form of fixed size that can be copied while it is written and read
// in a signal handler.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "eventcore/probe.hpp"

namespace eventcore::monitor::detail {

/// A text; where it does not fit it is cut off before a character and ends in an ellipsis.
template <std::size_t Size>
struct ShortText {
  std::uint16_t length = 0;
  std::array<char, Size> bytes{};

  void assign(std::string_view text) noexcept {
    constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
    std::size_t size = text.size();
    if (size > Size) {
      size = Size - kEllipsis.size();
      while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
      std::copy(kEllipsis.begin(), kEllipsis.end(), bytes.data() + size);
    }
    std::copy_n(text.data(), size, bytes.data());
    length = static_cast<std::uint16_t>(size < text.size() ? size + kEllipsis.size() : size);
  }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes.data(), length}; }
};

struct FlightConflict {
  ShortText<61> stream;
  std::uint64_t expected = 0;
  std::uint64_t actual = 0;
  std::uint64_t winner_position = 0;
  Uuid winner_id;
  ShortText<45> winner_command_type;
};

struct FlightAttempt {
  std::int64_t start_ns = 0;  // after the command's start
  std::int64_t duration_ns = 0;
  std::array<std::int64_t, kCommandPhases> phases_ns{};
};

/// What is kept of a `CommandRecord`.
struct FlightEntry {
  static constexpr std::size_t kStreamsMax = 8;
  static constexpr std::size_t kConflictsMax = 6;
  static constexpr std::size_t kAttemptsMax = 8;

  std::int64_t ended_wall_ns = 0;
  std::int64_t duration_ns = 0;
  std::int64_t backoff_ns = 0;
  std::array<std::int64_t, kCommandPhases> phases_ns{};
  Uuid command_id;
  TraceContext trace;
  std::array<std::uint8_t, 8> parent_id{};
  CommandOutcome outcome{};
  ErrorCode error_code{};
  bool has_error = false;
  bool is_timed = false;
  bool has_phases = false;
  std::uint8_t streams_kept = 0;
  std::uint8_t conflicts_kept = 0;
  std::uint8_t attempts_kept = 0;
  std::uint32_t streams_total = 0;
  std::uint32_t conflicts_total = 0;
  std::uint32_t attempts = 0;
  std::uint32_t events_written = 0;
  std::uint32_t events_folded = 0;
  std::uint32_t discovery_rounds = 0;
  std::uint64_t first_position = 0;
  ShortText<61> command_type;
  ShortText<61> correlation_id;
  ShortText<61> rejection_code;
  ShortText<189> error_message;
  std::array<ShortText<61>, kStreamsMax> streams;
  std::array<FlightConflict, kConflictsMax> conflicts;
  std::array<FlightAttempt, kAttemptsMax> timeline;  // the latest

  void fill(const CommandRecord& record, std::int64_t wall_ns) noexcept;
};
static_assert(std::is_trivially_copyable_v<FlightEntry>);
static_assert(sizeof(FlightEntry) <= 3072, "as FlightRecorderOptions says");

/// A place for an entry. One writer at a time; readers notice when they read what is being written.
class FlightSlot {
 public:
  /// Requires: no other writer.
  void write(const FlightEntry& entry) noexcept {
    const std::uint32_t sequence = sequence_.load(std::memory_order_relaxed);
    sequence_.store(sequence + 1, std::memory_order_relaxed);
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), &entry, sizeof entry);
    for (std::size_t i = 0; i < kWords; ++i) {
      words_[i].store(words[i], std::memory_order_release);  // with the acquire of words in `read`
    }
    sequence_.store(sequence + 2, std::memory_order_release);  // with the acquire in `read`
  }
  /// Requires: no other writer.
  void clear() noexcept { write(FlightEntry{}); }
  /// False: it is empty, or being written. Async-signal-safe.
  [[nodiscard]] bool read(FlightEntry& entry) const noexcept {
    const std::uint32_t before = sequence_.load(std::memory_order_acquire);
    if (before == 0 || before % 2 != 0) return false;
    auto* const to = reinterpret_cast<unsigned char*>(&entry);
    for (std::size_t i = 0; i < kWords; ++i) {
      const std::uint64_t word = words_[i].load(std::memory_order_acquire);
      const std::size_t offset = i * sizeof word;
      std::memcpy(to + offset, &word, std::min(sizeof word, sizeof entry - offset));
    }
    // Whoever has seen a word of a later entry sees its sequence here, too.
    return sequence_.load(std::memory_order_relaxed) == before && entry.ended_wall_ns != 0;
  }

 private:
  static constexpr std::size_t kWords = (sizeof(FlightEntry) + 7) / 8;

  std::atomic<std::uint32_t> sequence_{0};
  std::array<std::atomic<std::uint64_t>, kWords> words_{};  // atomic: read while being written
};

}  // namespace eventcore::monitor::detail
