#pragma once

// The greatest duration of the last two to three windows: what a scrape would miss between two
// gauges' samples, and a histogram blurs into its buckets.
//
// A window is a fixed length of time; each of three cells belongs to one window and holds its
// maximum. A cell says whose it is, so that a window that nobody wrote in does not show an old one.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "eventcore/clock.hpp"

namespace eventcore::observability::detail {

/// Thread-safety: Thread-safe. Cost: a load; an exchange for a new maximum of its window.
class RecentMax {
 public:
  /// Requires: `window` is positive.
  explicit RecentMax(std::chrono::nanoseconds window);

  /// `value` was measured at `now`. More than 18 minutes count as that.
  void record(std::chrono::nanoseconds value, Instant now) noexcept;
  /// The greatest of what was recorded in the window of `now` and the two before; 0 if none.
  [[nodiscard]] std::chrono::nanoseconds read(Instant now) const noexcept;

 private:
  static constexpr std::size_t kWindows = 3;

  [[nodiscard]] std::uint64_t window_of(Instant now) const noexcept {
    return static_cast<std::uint64_t>(now.time_since_epoch() / window_);
  }

  const std::chrono::nanoseconds window_;
  // Atomic: written by all who record. Upper 24 bits the window, lower 40 the value plus 1; 0:
  // free.
  std::array<std::atomic<std::uint64_t>, kWindows> cells_{};
};

}  // namespace eventcore::observability::detail
