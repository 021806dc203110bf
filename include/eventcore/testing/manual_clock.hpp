#pragma once

/// \file
/// `ManualClock`: time that stands still until a test moves it.
///
/// Hand it to stores and executors in their options. Waiting on a condition variable for such a
/// clock never ends by itself: move the clock, then cause the wake-up that the test is about.

#include <atomic>
#include <chrono>

#include "eventcore/clock.hpp"

namespace eventcore::testing {

/// A clock that a test moves. Thread-safety: Thread-safe.
class ManualClock final : public Clock {
 public:
  /// Starts one hour after the monotonic epoch, at `wall`: 2024-01-01 00:00 UTC if not given.
  explicit ManualClock(Timestamp wall = Timestamp{std::chrono::seconds{1'704'067'200}}) noexcept;

  [[nodiscard]] Instant now() const noexcept override;
  [[nodiscard]] Timestamp wall() const noexcept override;

  /// Moves both times on. Requires: `duration` is not negative.
  void advance(std::chrono::nanoseconds duration) noexcept;
  /// Steps the wall clock alone, back or forth, as an administrator or NTP does.
  void step_wall(std::chrono::nanoseconds duration) noexcept;

 private:
  std::atomic<std::chrono::nanoseconds::rep> now_;   // atomic: tests move what stores read
  std::atomic<std::chrono::nanoseconds::rep> wall_;  // atomic: as above
};

}  // namespace eventcore::testing
