#pragma once

// A value that is read anew when it is asked for and too old, so that several metrics share one
// look at a file, and slow looks are rare.

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"

namespace eventcore::observability::detail {

/// Thread-safety: Thread-safe. Blocking: as `read`, for the one caller that finds the value too
/// old; meanwhile others get the old one.
template <class T>
class Cached {
 public:
  using Read = std::function<std::optional<T>()>;

  /// `read` returns nothing if it fails; then the last value stays, and so does its age.
  Cached(const Clock& clock, std::chrono::nanoseconds age_max, Read read)
      : clock_(clock), age_max_(age_max), read_(std::move(read)) {}

  [[nodiscard]] std::optional<T> get() {
    const Instant now = clock_.now();
    {
      const eventcore::detail::MutexLock lock(mutex_);
      if (reading_ || (value_ && now - read_at_ < age_max_)) return value_;
      reading_ = true;
    }
    std::optional<T> fresh;
    try {
      fresh = read_();
    } catch (...) {
      fresh.reset();  // no memory: as if nothing could be read
    }
    const eventcore::detail::MutexLock lock(mutex_);
    reading_ = false;
    if (fresh) {
      value_ = std::move(fresh);
      read_at_ = now;
    }
    return value_;
  }

  /// How old the value is; nothing if there is none.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> age() const {
    const eventcore::detail::MutexLock lock(mutex_);
    if (!value_) return std::nullopt;
    return clock_.now() - read_at_;
  }

 private:
  const Clock& clock_;
  const std::chrono::nanoseconds age_max_;
  const Read read_;

  mutable eventcore::detail::Mutex mutex_;
  std::optional<T> value_ EVENTCORE_GUARDED_BY(mutex_);
  Instant read_at_ EVENTCORE_GUARDED_BY(mutex_){};
  bool reading_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::observability::detail
