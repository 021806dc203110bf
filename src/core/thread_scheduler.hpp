#pragma once

/// \file
/// `ThreadScheduler`: an executor's own worker threads.

#include <condition_variable>
#include <thread>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/scheduler.hpp"

namespace eventcore::detail {

/// Owns threads; `start` starts them, the destructor joins them after all posted tasks have run.
/// Thread-safety: Thread-safe.
class ThreadScheduler final : public Scheduler {
 public:
  ThreadScheduler(std::size_t threads, const Clock& clock) : threads_max_(threads), clock_(clock) {}
  ~ThreadScheduler() override;

  /// Starts the threads unless they run.
  void start();
  void post(Task& task) noexcept override;
  void post_at(Task& task, Instant when) noexcept override;
  [[nodiscard]] bool is_current_thread() const noexcept override;

 private:
  struct Timer {
    Instant when;
    Task* task;
    bool operator<(const Timer& other) const noexcept { return when > other.when; }
  };

  void work();
  void release_due_timers() EVENTCORE_REQUIRES(mutex_);
  void push(Task& task) noexcept EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Task* pop() noexcept EVENTCORE_REQUIRES(mutex_);

  const std::size_t threads_max_;
  const Clock& clock_;

  Mutex mutex_;
  std::condition_variable_any work_to_do_;
  Task* first_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  Task* last_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  std::vector<Timer> timers_ EVENTCORE_GUARDED_BY(mutex_);  // a heap, the earliest first
  std::size_t idle_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  bool stopping_ EVENTCORE_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::detail
