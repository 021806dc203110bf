#include "flight_shelf.hpp"

#include <algorithm>

namespace eventcore::monitor::detail {

using eventcore::detail::Mutex;

namespace {

/// Holds a mutex if it is free.
class EVENTCORE_THREAD_ANNOTATION(scoped_lockable) TryLock {
 public:
  // The analysis takes it for held, so whoever asks `held` first is right.
  explicit TryLock(Mutex& mutex) EVENTCORE_ACQUIRE(mutex) EVENTCORE_NO_THREAD_SAFETY_ANALYSIS
      : mutex_(mutex),
        held_(mutex.try_lock()) {}
  TryLock(const TryLock&) = delete;
  TryLock& operator=(const TryLock&) = delete;
  ~TryLock() EVENTCORE_RELEASE() EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
    if (held_) mutex_.unlock();
  }
  [[nodiscard]] bool held() const noexcept { return held_; }

 private:
  Mutex& mutex_;
  const bool held_;
};

}  // namespace

FlightShelf::FlightShelf(std::size_t minutes, std::size_t per_minute, std::int64_t floor)
    : minutes_(minutes),
      per_minute_(per_minute),
      floor_(floor),
      slots_(std::make_unique<FlightSlot[]>(minutes * per_minute)),
      ranks_(per_minute),
      threshold_(floor) {}

void FlightShelf::roll(std::int64_t minute) noexcept {
  if (minute <= minute_) return;
  minute_ = minute;
  used_ = 0;
  const auto first = static_cast<std::size_t>(minute) % minutes_ * per_minute_;
  for (std::size_t i = 0; i < per_minute_; ++i) slots_[first + i].clear();
  threshold_.store(floor_, std::memory_order_relaxed);
}

bool FlightShelf::begin(std::int64_t minute) noexcept {
  const TryLock lock(mutex_);
  if (!lock.held()) return false;
  roll(minute);
  return true;
}

void FlightShelf::raise_threshold() noexcept {
  if (used_ < per_minute_) return;
  const std::int64_t lowest = *std::min_element(ranks_.begin(), ranks_.end());
  threshold_.store(std::max(floor_, lowest), std::memory_order_relaxed);
}

FlightShelf::Kept FlightShelf::keep(const FlightEntry& entry, std::int64_t rank,
                                    std::int64_t minute) noexcept {
  const TryLock lock(mutex_);
  if (!lock.held()) return Kept::Busy;
  roll(minute);
  if (!wants(rank)) return Kept::No;
  std::size_t slot = used_;
  if (used_ < per_minute_) {
    ++used_;
  } else {
    slot =
        static_cast<std::size_t>(std::min_element(ranks_.begin(), ranks_.end()) - ranks_.begin());
  }
  ranks_[slot] = rank;
  slots_[static_cast<std::size_t>(minute_) % minutes_ * per_minute_ + slot].write(entry);
  raise_threshold();
  return Kept::Yes;
}

void FlightShelf::write(FlightJson& json, FlightEntry& scratch,
                        std::int64_t since_wall_ns) const noexcept {
  json.begin_list();
  for (std::size_t i = 0; i < minutes_ * per_minute_; ++i) {
    if (!slots_[i].read(scratch) || scratch.ended_wall_ns < since_wall_ns) continue;
    json.line_end();
    json.entry(scratch);
  }
  json.end_list();
}

}  // namespace eventcore::monitor::detail
