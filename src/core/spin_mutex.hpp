#pragma once

// `SpinMutex`: for sections of some hundred instructions that many threads enter.

#include <atomic>
#include <cstdint>

#include "eventcore/detail/mutex.hpp"

namespace eventcore::detail {

/// Spins for about as long as a short section takes, then sleeps. Thread-safety: Thread-safe.
class EVENTCORE_THREAD_ANNOTATION(capability("mutex")) SpinMutex {
 public:
  SpinMutex() = default;
  SpinMutex(const SpinMutex&) = delete;
  SpinMutex& operator=(const SpinMutex&) = delete;

  void lock() noexcept EVENTCORE_ACQUIRE() {
    if (!try_take()) lock_slowly();
  }
  void unlock() noexcept EVENTCORE_RELEASE() {
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) state_.notify_one();
  }

 private:
  static constexpr int kFree = 0;
  static constexpr int kHeld = 1;
  static constexpr int kAwaited = 2;  // held, and somebody may sleep
  static constexpr int kSpins = 64;

  bool try_take() noexcept {
    int expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  void lock_slowly() noexcept {
    for (int i = 0; i < kSpins; ++i) {
      if (state_.load(std::memory_order_relaxed) == kFree && try_take()) return;
      pause();
    }
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) {
      state_.wait(kAwaited, std::memory_order_relaxed);
    }
  }
  static void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  // atomic: the lock itself; an acquiring exchange sees what the releasing one published
  std::atomic<int> state_ = kFree;
};

/// Holds a `SpinMutex` for its lifetime. Thread-safety: Confined to its creating thread.
class EVENTCORE_THREAD_ANNOTATION(scoped_lockable) SpinLock {
 public:
  explicit SpinLock(SpinMutex& mutex) noexcept EVENTCORE_ACQUIRE(mutex) : mutex_(mutex) {
    mutex_.lock();
  }
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;
  ~SpinLock() EVENTCORE_RELEASE() { mutex_.unlock(); }

 private:
  SpinMutex& mutex_;
};

}  // namespace eventcore::detail
