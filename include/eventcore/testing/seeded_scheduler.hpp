#pragma once

/// \file
/// `SeededScheduler`: runs tasks one at a time, in an order that a seed decides.
///
/// For tests that must repeat: one thread, time that jumps to the next event, and the same order
/// again under the same seed. `explore` runs whole commands on it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/scheduler.hpp"
#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::testing {

/// Tasks that were posted run when `run_one` is called. Destroy it when nothing is left to run.
/// Thread-safety: Thread-safe, but `run_one` belongs to one thread.
class SeededScheduler final : public Scheduler {
 public:
  explicit SeededScheduler(std::uint64_t seed) : random_(seed) {}

  /// The clock of `post_at`. Only this scheduler moves it.
  [[nodiscard]] const ManualClock& clock() const noexcept { return clock_; }
  /// Runs one of the tasks that are due, after moving the clock to the next one if none is.
  /// Returns false if no task is left.
  bool run_one();

  void post(Task& task) noexcept override;
  void post_at(Task& task, Instant when) noexcept override;
  [[nodiscard]] bool is_current_thread() const noexcept override;

 private:
  [[nodiscard]] Task* choose() EVENTCORE_EXCLUDES(mutex_);

  ManualClock clock_;

  mutable detail::Mutex mutex_;
  std::mt19937_64 random_ EVENTCORE_GUARDED_BY(mutex_);
  std::vector<Task*> ready_ EVENTCORE_GUARDED_BY(mutex_);
  std::multimap<Instant, Task*> timed_ EVENTCORE_GUARDED_BY(mutex_);
  std::thread::id running_ EVENTCORE_GUARDED_BY(mutex_);  // none between two tasks
};

}  // namespace eventcore::testing
