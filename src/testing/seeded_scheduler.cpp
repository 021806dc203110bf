#include "eventcore/testing/seeded_scheduler.hpp"

#include <algorithm>

namespace eventcore::testing {

bool SeededScheduler::run_one() {
  Task* const task = choose();
  if (task == nullptr) return false;
  task->run();
  const detail::MutexLock lock(mutex_);
  running_ = {};
  return true;
}

Task* SeededScheduler::choose() {
  const detail::MutexLock lock(mutex_);
  if (ready_.empty()) {
    if (timed_.empty()) return nullptr;
    const Instant next = timed_.begin()->first;
    clock_.advance(std::max(next - clock_.now(), Instant::duration{0}));
  }
  while (!timed_.empty() && timed_.begin()->first <= clock_.now()) {
    ready_.push_back(timed_.begin()->second);
    timed_.erase(timed_.begin());
  }
  const std::size_t chosen = random_() % ready_.size();
  Task* const task = ready_[chosen];
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(chosen));
  running_ = std::this_thread::get_id();
  return task;
}

void SeededScheduler::post(Task& task) noexcept {
  const detail::MutexLock lock(mutex_);
  ready_.push_back(&task);
}

void SeededScheduler::post_at(Task& task, Instant when) noexcept {
  const detail::MutexLock lock(mutex_);
  timed_.emplace(when, &task);
}

bool SeededScheduler::is_current_thread() const noexcept {
  const detail::MutexLock lock(mutex_);
  return running_ == std::this_thread::get_id();
}

}  // namespace eventcore::testing
