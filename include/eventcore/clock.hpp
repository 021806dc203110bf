#pragma once

/// \file
/// Time comes from a `Clock`, so that tests and `testing::explore` run without waiting.

#include <chrono>

namespace eventcore {

/// UTC with nanoseconds, as stored with events.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;
/// A monotonic instant of a clock; only differences mean something.
using Instant = std::chrono::steady_clock::time_point;

/// Source of time. Thread-safety: Thread-safe. Blocking: no.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  /// The monotonic time.
  [[nodiscard]] virtual Instant now() const noexcept = 0;
  /// The wall clock; may step.
  [[nodiscard]] virtual Timestamp wall() const noexcept = 0;
};

/// The system's clocks. Shared. The monotonic one agrees with `std::chrono::steady_clock` to about
/// a microsecond; where the processor's time stamp counter can be trusted, it is read instead, which
/// costs less than half as much. A difference of times that two threads took may be slightly
/// negative.
[[nodiscard]] const Clock& system_clock() noexcept;

/// When to give up. The default never does.
struct Deadline {
  Instant at = Instant::max();

  /// `duration` from now on `clock`; a duration past the end of time never expires.
  [[nodiscard]] static Deadline after(std::chrono::nanoseconds duration,
                                      const Clock& clock = system_clock()) noexcept {
    const Instant now = clock.now();
    return {duration >= Instant::max() - now ? Instant::max() : now + duration};
  }
  [[nodiscard]] bool is_never() const noexcept { return at == Instant::max(); }
  [[nodiscard]] bool expired(const Clock& clock) const noexcept {
    return !is_never() && clock.now() >= at;
  }
};

}  // namespace eventcore
