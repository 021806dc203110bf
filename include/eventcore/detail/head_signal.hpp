#pragma once

/// \file
/// `HeadSignal`: the `HeadWatcher` of stores that learn of a new head inside the process.

#include <atomic>
#include <condition_variable>
#include <cstdint>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/head_watcher.hpp"

namespace eventcore::detail {

/// Holds the head and wakes those who wait for it to move. Thread-safety: Thread-safe.
/// Cost: publishing is two atomic operations; it locks and notifies only while somebody waits.
class HeadSignal final : public HeadWatcher {
 public:
  explicit HeadSignal(Position head = {}) noexcept : head_(head.value) {}

  /// Moves the head forward to `head`, an older one is ignored, and wakes who waits for it.
  void publish(Position head) noexcept {
    if (advance(head)) wake();
  }
  /// The first half of `publish`, for a caller that holds a lock. True: somebody may wait; call
  /// `wake` when the lock is released.
  [[nodiscard]] bool advance(Position head) noexcept;
  void wake() noexcept;
  /// Ends all waits, also later ones.
  void close() noexcept;
  [[nodiscard]] Position head() const noexcept { return {head_.load(std::memory_order_acquire)}; }

  /// The deadline is one of the system's clock.
  [[nodiscard]] Position wait_beyond(Position seen, Deadline deadline,
                                     std::stop_token stop) override;

 private:
  // A publisher writes `head_` and then reads `waiters_`; a waiter writes `waiters_` and then
  // reads `head_`: sequentially consistent, so that one of them sees the other.
  std::atomic<std::uint64_t> head_;
  std::atomic<std::uint32_t> waiters_ = 0;
  std::atomic<bool> closed_ = false;  // read by waiters under `mutex_`, set before `wake`

  Mutex mutex_;  // orders notification after the waiter's check; guards no data
  std::condition_variable_any moved_;
};

}  // namespace eventcore::detail
