#include "eventcore/detail/head_signal.hpp"

namespace eventcore::detail {

bool HeadSignal::advance(Position head) noexcept {
  std::uint64_t known = head_.load(std::memory_order_relaxed);
  do {
    if (known >= head.value) return false;
  } while (!head_.compare_exchange_weak(known, head.value, std::memory_order_seq_cst,
                                        std::memory_order_relaxed));
  return waiters_.load(std::memory_order_seq_cst) != 0;
}

void HeadSignal::close() noexcept {
  closed_.store(true, std::memory_order_seq_cst);
  wake();
}

void HeadSignal::wake() noexcept {
  // A waiter between its check and its sleep holds the mutex: passing through it once makes sure
  // that the notification finds the waiter asleep.
  { const MutexLock lock(mutex_); }
  moved_.notify_all();
}

Position HeadSignal::wait_beyond(Position seen, Deadline deadline, std::stop_token stop) {
  const auto done = [&] {
    return head_.load(std::memory_order_seq_cst) > seen.value ||
           closed_.load(std::memory_order_seq_cst);
  };
  if (done() || stop.stop_requested()) return head();
  MutexLock lock(mutex_);
  waiters_.fetch_add(1, std::memory_order_seq_cst);
  if (deadline.is_never()) {
    static_cast<void>(moved_.wait(lock, stop, done));
  } else {
    static_cast<void>(moved_.wait_until(lock, stop, deadline.at, done));
  }
  waiters_.fetch_sub(1, std::memory_order_seq_cst);
  return head();
}

}  // namespace eventcore::detail
