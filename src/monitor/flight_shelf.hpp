#pragma once

// The entries of a recorder: for each kind and minute a few slots.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/monitor/flight_recorder.hpp"
#include "flight_entry.hpp"
#include "flight_json.hpp"

namespace eventcore::monitor::detail {

/// Commands of one kind. `rank` orders them: what is kept of a minute is what ranks highest.
/// Thread-safety: Thread-safe.
class FlightShelf {
 public:
  FlightShelf(std::size_t minutes, std::size_t per_minute, std::int64_t floor);

  /// Whether a command of `rank` would be kept. May be out of date by one command.
  [[nodiscard]] bool wants(std::int64_t rank) const noexcept {
    return rank > threshold_.load(std::memory_order_relaxed);
  }
  enum class Kept : std::uint8_t { Yes, No, Busy };
  /// Keeps `entry`, of `minute`, if it ranks high enough.
  [[nodiscard]] Kept keep(const FlightEntry& entry, std::int64_t rank, std::int64_t minute) noexcept
      EVENTCORE_EXCLUDES(mutex_);
  /// Begins `minute`, if it is a new one: its slots are empty. False: another thread is at it.
  bool begin(std::int64_t minute) noexcept EVENTCORE_EXCLUDES(mutex_);
  /// Adds what ended after `since_wall_ns` as a list. `scratch` is where entries are copied to.
  /// Async-signal-safe.
  void write(FlightJson& json, FlightEntry& scratch, std::int64_t since_wall_ns) const noexcept;

 private:
  void roll(std::int64_t minute) noexcept EVENTCORE_REQUIRES(mutex_);
  void raise_threshold() noexcept EVENTCORE_REQUIRES(mutex_);

  const std::size_t minutes_;
  const std::size_t per_minute_;
  const std::int64_t floor_;
  const std::unique_ptr<FlightSlot[]> slots_;

  eventcore::detail::Mutex mutex_;
  std::int64_t minute_ EVENTCORE_GUARDED_BY(mutex_) = std::numeric_limits<std::int64_t>::min();
  std::vector<std::int64_t> ranks_ EVENTCORE_GUARDED_BY(mutex_);  // of this minute's slots
  std::size_t used_ EVENTCORE_GUARDED_BY(mutex_) = 0;

  // Atomic: read for every command.
  std::atomic<std::int64_t> threshold_;
};

}  // namespace eventcore::monitor::detail
