#include "projection_board.hpp"

namespace eventcore::detail {

// Stop sources run the callbacks of those who wait: never under the lock.
void ProjectionBoard::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  end_leading();
  interrupt();
}

void ProjectionBoard::interrupt() {
  std::stop_source interrupt(std::nostopstate);
  {
    const MutexLock lock(mutex_);
    interrupt = interrupt_;
    changed_.notify_all();
  }
  interrupt.request_stop();
}

void ProjectionBoard::clear_interrupt() {
  const MutexLock lock(mutex_);
  if (interrupt_.stop_requested()) interrupt_ = std::stop_source();
}

void ProjectionBoard::sleep(Deadline deadline, const std::stop_token& woken) {
  MutexLock lock(mutex_);
  const auto never = [] { return false; };
  if (deadline.is_never()) {
    static_cast<void>(changed_.wait(lock, woken, never));
  } else {
    static_cast<void>(changed_.wait_until(lock, woken, deadline.at, never));
  }
}

std::stop_token ProjectionBoard::begin_leading() {
  const MutexLock lock(mutex_);
  leading_ = std::stop_source();
  if (stopping_) leading_.request_stop();
  return leading_.get_token();
}

void ProjectionBoard::end_leading() {
  std::stop_source leading(std::nostopstate);
  {
    const MutexLock lock(mutex_);
    leading = leading_;
  }
  leading.request_stop();
}

}  // namespace eventcore::detail
