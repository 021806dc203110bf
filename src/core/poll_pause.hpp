#pragma once

// `PollPause`: how long a drain sleeps between two looks at the rings that it empties.

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace eventcore::detail {

/// Grows while the rings stay nearly empty, since each look costs a switch of threads, and is short
/// again as soon as one fills. Thread-safety: One thread at a time.
class PollPause {
 public:
  PollPause(std::chrono::nanoseconds least, std::chrono::nanoseconds most) noexcept
      : least_(std::min(least, most)), most_(most), now_(least_) {}

  /// The fullest ring had `used` of `capacity` bytes in use.
  void saw(std::uint64_t used, std::uint64_t capacity) noexcept {
    if (used > capacity / 4) {
      now_ = least_;
    } else if (used <= capacity / 8) {  // twice as long will not make it more than a quarter
      now_ = std::min(now_ * 2, most_);
    }
  }
  [[nodiscard]] std::chrono::nanoseconds now() const noexcept { return now_; }

 private:
  std::chrono::nanoseconds least_;
  std::chrono::nanoseconds most_;
  std::chrono::nanoseconds now_;
};

}  // namespace eventcore::detail
