#pragma once

// The inside of a recorder, which the signal handler reads too.

#include <atomic>
#include <cstdint>
#include <string_view>

#include "eventcore/monitor/flight_recorder.hpp"
#include "flight_shelf.hpp"

namespace eventcore::monitor {

struct FlightRecorder::State {
  explicit State(const FlightRecorderOptions& options);

  [[gnu::cold]] void remember(const CommandRecord& record) noexcept;
  void begin_minute(std::int64_t minute) noexcept;
  void keep(detail::FlightShelf& shelf, const detail::FlightEntry& entry, std::int64_t rank,
            std::int64_t minute) noexcept;
  /// Writes the object. Async-signal-safe.
  void write(detail::FlightJson& json, detail::FlightEntry& scratch, std::string_view reason,
             int signal, std::int64_t wall_ns) const noexcept;

  const FlightRecorderOptions options;
  detail::FlightShelf slowest;  // ranked by nanoseconds
  detail::FlightShelf failed;   // ranked by number, so that the latest stay
  detail::FlightShelf retried;  // ranked by attempts
  // Atomic: written by all threads that finish commands.
  std::atomic<std::int64_t> minute_end_ns{0};  // when the slots of the next minute begin
  std::atomic<std::uint64_t> recorded{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> missed{0};
};

}  // namespace eventcore::monitor
