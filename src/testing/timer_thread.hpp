#pragma once

/// \file
/// `TimerThread`: a scheduler on one thread of its own and the system's clock.

#include <condition_variable>
#include <map>
#include <thread>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/scheduler.hpp"

namespace eventcore::testing {

/// Owns a thread: started by the constructor, joined by the destructor, which first runs every
/// task that is left, due or not. Thread-safety: Thread-safe.
class TimerThread final : public Scheduler {
 public:
  TimerThread();
  ~TimerThread() override;

  void post(Task& task) noexcept override { post_at(task, Instant{}); }
  void post_at(Task& task, Instant when) noexcept override;
  [[nodiscard]] bool is_current_thread() const noexcept override;

 private:
  void run();

  detail::Mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<Instant, Task*> tasks_ EVENTCORE_GUARDED_BY(mutex_);
  bool stopping_ EVENTCORE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace eventcore::testing
