#pragma once

/// \file
/// `Waiter`: what the thread inside a blocking `execute` sleeps on. One a thread, so that a late
/// wake-up never touches a dead object.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>

#include "eventcore/clock.hpp"

namespace eventcore::detail {

/// A futex of its own: the standard semaphore yields and naps before it sleeps, which costs more
/// than the sleep when many callers wait for one commit.
/// Thread-safety: `notify` and `interrupt` are called by others; the rest by the owning thread.
class Waiter {
 public:
  static Waiter& local() noexcept {
    thread_local Waiter waiter;
    return waiter;
  }

  /// Forgets what happened to the thread's former command.
  void begin() noexcept { state_.store(kWaiting, std::memory_order_relaxed); }
  /// Makes ready for the next `notify`; an interruption stays.
  void prepare() noexcept { state_.fetch_and(~kNotified, std::memory_order_relaxed); }
  /// What was waited for has happened.
  void notify() noexcept { wake(kNotified); }
  /// The wait should end early.
  void interrupt() noexcept { wake(kInterrupted); }
  [[nodiscard]] bool is_notified() const noexcept {
    return (state_.load(std::memory_order_acquire) & kNotified) != 0;
  }

  /// Waits for `notify`.
  void wait() noexcept {
    for (std::uint32_t seen = 0; ((seen = load()) & kNotified) == 0;) sleep(seen, nullptr);
  }
  /// Waits for `notify`, `interrupt` or `until`; true if notified.
  bool wait_until(Instant until) noexcept {
    const timespec deadline = to_timespec(until);
    const timespec* const limit = until == Instant::max() ? nullptr : &deadline;
    for (std::uint32_t seen = 0; (seen = load()) == kWaiting;) {
      if (!sleep(seen, limit)) break;
    }
    return is_notified();
  }

 private:
  static constexpr std::uint32_t kWaiting = 0;
  static constexpr std::uint32_t kNotified = 1;
  static constexpr std::uint32_t kInterrupted = 2;

  [[nodiscard]] std::uint32_t load() const noexcept {
    return state_.load(std::memory_order_acquire);
  }
  // A wake-up that comes after its wait has ended is harmless: the loops above look again.
  void wake(std::uint32_t why) noexcept {
    state_.fetch_or(why, std::memory_order_release);
    syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
  /// False when `limit`, a time of CLOCK_MONOTONIC, has passed.
  bool sleep(std::uint32_t seen, const timespec* limit) noexcept {
    const long result = syscall(SYS_futex, &state_, FUTEX_WAIT_BITSET_PRIVATE, seen, limit, nullptr,
                                FUTEX_BITSET_MATCH_ANY);
    return result == 0 || errno != ETIMEDOUT;
  }
  static timespec to_timespec(Instant instant) noexcept {
    const auto since = instant.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    return {.tv_sec = static_cast<std::time_t>(seconds.count()),
            .tv_nsec = static_cast<long>((since - seconds).count())};
  }

  std::atomic<std::uint32_t> state_ = kWaiting;  // atomic: set by the notifying thread
};

}  // namespace eventcore::detail
