#pragma once

/// \file
/// What a store that closes says, and `CallGate`, through which it waits for calls under way.

#include <atomic>
#include <condition_variable>
#include <cstddef>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/error.hpp"

namespace eventcore::detail {

/// The error of an operation on a store that is closed or closing.
[[nodiscard]] inline Error shutting_down() {
  return make_error(ErrorCode::ShuttingDown, "the store is closing");
}

/// Admits calls until it is closed. Thread-safety: Thread-safe.
class CallGate {
 public:
  /// A call under way, if it is admitted.
  class Call {
   public:
    explicit Call(CallGate& gate) : gate_(gate) {
      const MutexLock lock(gate_.mutex_);
      admitted_ = !gate_.closing_;
      if (admitted_) ++gate_.calls_;
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
      if (!admitted_) return;
      const MutexLock lock(gate_.mutex_);
      --gate_.calls_;
      gate_.call_ended_.notify_all();
    }
    [[nodiscard]] bool is_admitted() const noexcept { return admitted_; }

   private:
    CallGate& gate_;
    bool admitted_ = false;
  };

  /// Admits no more and waits for the calls under way. False: they go on at the deadline.
  [[nodiscard]] bool close(Deadline deadline) EVENTCORE_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    closing_ = true;
    while (calls_ > 0) {
      if (deadline.is_never()) {
        call_ended_.wait(lock);
      } else if (call_ended_.wait_until(lock, deadline.at) == std::cv_status::timeout &&
                 calls_ > 0) {
        return false;
      }
    }
    return true;
  }
  /// For long calls, which look at it now and then.
  [[nodiscard]] std::atomic<bool>& closing() noexcept { return closing_; }
  [[nodiscard]] bool is_closing() const noexcept { return closing_; }

 private:
  Mutex mutex_;
  std::condition_variable_any call_ended_;
  std::size_t calls_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::atomic<bool> closing_ = false;  // set under `mutex_`, looked at without
};

}  // namespace eventcore::detail
