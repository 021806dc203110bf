#include "timer_thread.hpp"

namespace eventcore::testing {

TimerThread::TimerThread() : thread_([this] { run(); }) {}

TimerThread::~TimerThread() {
  {
    const detail::MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void TimerThread::post_at(Task& task, Instant when) noexcept {
  const detail::MutexLock lock(mutex_);
  tasks_.emplace(when, &task);
  changed_.notify_all();
}

bool TimerThread::is_current_thread() const noexcept {
  return std::this_thread::get_id() == thread_.get_id();
}

void TimerThread::run() {
  detail::MutexLock lock(mutex_);
  for (;;) {
    if (tasks_.empty()) {
      if (stopping_) return;
      changed_.wait(lock);
      continue;
    }
    const auto first = tasks_.begin();
    if (!stopping_ && first->first > system_clock().now()) {
      const Instant until = first->first;  // the task may be taken out meanwhile
      changed_.wait_until(lock, until);
      continue;
    }
    Task* const task = first->second;
    tasks_.erase(first);
    lock.unlock();
    task->run();
    lock.lock();
  }
}

}  // namespace eventcore::testing
