#pragma once

/// \file
/// `Scheduler`: where submitted commands run. The executor brings its own worker threads;
/// `testing::explore` brings one that picks the next task by a seed.

#include "eventcore/clock.hpp"

namespace eventcore {

/// Something to run once. Intrusive: a posted task allocates nothing.
class Task {
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;

  /// Runs, and may destroy the task. Must not throw.
  virtual void run() noexcept = 0;

  Task* next_task = nullptr;  ///< The scheduler's, while it has the task.
};

/// Runs tasks. Thread-safety: Thread-safe.
class Scheduler {
 public:
  Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;
  virtual ~Scheduler() = default;

  /// Runs `task` as soon as possible, never inside this call. Blocking: no.
  virtual void post(Task& task) noexcept = 0;
  /// Runs `task` at `when` of the executor's clock or later. Blocking: no.
  virtual void post_at(Task& task, Instant when) noexcept = 0;
  /// The calling thread is one of this scheduler's.
  [[nodiscard]] virtual bool is_current_thread() const noexcept = 0;
};

}  // namespace eventcore
