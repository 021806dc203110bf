#pragma once

// `ProjectionBoard`: what the threads of one runner tell each other: its status, that it has to
// stop, and interrupts of whatever its main thread waits for.

#include <condition_variable>
#include <stop_token>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/projection_runner.hpp"

namespace eventcore::detail {

/// Thread-safety: Thread-safe.
class ProjectionBoard {
 public:
  [[nodiscard]] ProjectionStatus status() const EVENTCORE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return status_;
  }
  /// Calls `change(status)` and wakes who waits for a status.
  template <class Change>
  void update(Change&& change) EVENTCORE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    change(status_);
    changed_.notify_all();
  }
  /// Waits until `done(status)`; false at the deadline.
  template <class Done>
  [[nodiscard]] bool wait(Deadline deadline, Done&& done) EVENTCORE_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (!done(status_)) {
      if (deadline.is_never()) {
        changed_.wait(lock);
      } else if (changed_.wait_until(lock, deadline.at) == std::cv_status::timeout) {
        return done(status_);
      }
    }
    return true;
  }

  /// Asks to stop, for good.
  void stop() EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] bool is_stopping() const EVENTCORE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return stopping_;
  }

  /// Wakes the main thread, or keeps it from its next wait.
  void interrupt() EVENTCORE_EXCLUDES(mutex_);
  /// Forgets interrupts so far: for the main thread, before it looks at what they may be about.
  void clear_interrupt() EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] std::stop_token interrupts() const EVENTCORE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return interrupt_.get_token();
  }
  [[nodiscard]] bool is_interrupted() const { return interrupts().stop_requested(); }
  /// Waits for the deadline, or until `woken` is stopped.
  void sleep(Deadline deadline, const std::stop_token& woken) EVENTCORE_EXCLUDES(mutex_);
  /// Waits for the deadline or an interrupt.
  void sleep(Deadline deadline) { sleep(deadline, interrupts()); }

  /// The stop token of one leadership: for the projector.
  [[nodiscard]] std::stop_token begin_leading() EVENTCORE_EXCLUDES(mutex_);
  void end_leading() EVENTCORE_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  ProjectionStatus status_ EVENTCORE_GUARDED_BY(mutex_);
  std::stop_source interrupt_ EVENTCORE_GUARDED_BY(mutex_);
  std::stop_source leading_ EVENTCORE_GUARDED_BY(mutex_);
  bool stopping_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::detail
