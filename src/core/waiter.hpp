#pragma once

/// \file
/// `Waiter`: what the thread inside a blocking `execute` sleeps on. One a thread, so that a late
/// wake-up never touches a dead object.

#include <atomic>
#include <semaphore>

#include "eventcore/clock.hpp"

namespace eventcore::detail {

/// Thread-safety: `notify` and `interrupt` are called by others; the rest by the owning thread.
class Waiter {
 public:
  static Waiter& local() noexcept {
    thread_local Waiter waiter;
    return waiter;
  }

  /// Forgets former wake-ups.
  void prepare() noexcept {
    notified_.store(false, std::memory_order_relaxed);
    interrupted_.store(false, std::memory_order_relaxed);
  }
  /// What was waited for has happened.
  void notify() noexcept {
    notified_.store(true, std::memory_order_release);
    wakes_.release();
  }
  /// The wait should end early.
  void interrupt() noexcept {
    interrupted_.store(true, std::memory_order_release);
    wakes_.release();
  }
  [[nodiscard]] bool is_notified() const noexcept {
    return notified_.load(std::memory_order_acquire);
  }

  /// Waits for `notify`.
  void wait() noexcept {
    while (!is_notified()) wakes_.acquire();
  }
  /// Waits for `notify`, `interrupt` or `until`; true if notified.
  bool wait_until(Instant until) noexcept {
    while (!is_notified()) {
      if (interrupted_.load(std::memory_order_acquire)) return false;
      if (until == Instant::max()) {
        wakes_.acquire();
      } else if (!wakes_.try_acquire_until(until)) {
        return is_notified();
      }
    }
    return true;
  }

 private:
  // A wake-up that comes after its wait has ended leaves one permit too many: a harmless extra
  // round of the loops above.
  std::counting_semaphore<> wakes_{0};
  std::atomic<bool> notified_ = false;     // atomic: written by the notifying thread
  std::atomic<bool> interrupted_ = false;  // atomic: written by a stop callback
};

}  // namespace eventcore::detail
