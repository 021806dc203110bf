#include "thread_scheduler.hpp"

#include <algorithm>

namespace eventcore::detail {

namespace {

thread_local const ThreadScheduler* current_scheduler = nullptr;

}  // namespace

ThreadScheduler::~ThreadScheduler() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  work_to_do_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void ThreadScheduler::start() {
  MutexLock lock(mutex_);
  while (threads_.size() < threads_max_) threads_.emplace_back([this] { work(); });
}

bool ThreadScheduler::is_current_thread() const noexcept { return current_scheduler == this; }

void ThreadScheduler::push(Task& task) noexcept {
  task.next_task = nullptr;
  (last_ == nullptr ? first_ : last_->next_task) = &task;
  last_ = &task;
}

Task* ThreadScheduler::pop() noexcept {
  Task* task = first_;
  if (task == nullptr) return nullptr;
  first_ = task->next_task;
  if (first_ == nullptr) last_ = nullptr;
  return task;
}

void ThreadScheduler::post(Task& task) noexcept {
  // Under the mutex: as soon as it is free, the task may be over and with it the scheduler.
  MutexLock lock(mutex_);
  push(task);
  if (idle_ > 0) work_to_do_.notify_one();
}

void ThreadScheduler::post_at(Task& task, Instant when) noexcept {
  MutexLock lock(mutex_);
  timers_.push_back({when, &task});
  std::push_heap(timers_.begin(), timers_.end());
  work_to_do_.notify_one();
}

void ThreadScheduler::release_due_timers() {
  if (timers_.empty()) return;
  const Instant now = clock_.now();
  while (!timers_.empty() && timers_.front().when <= now) {
    push(*timers_.front().task);
    std::pop_heap(timers_.begin(), timers_.end());
    timers_.pop_back();
  }
}

void ThreadScheduler::work() {
  current_scheduler = this;
  MutexLock lock(mutex_);
  while (true) {
    release_due_timers();
    if (Task* task = pop()) {
      lock.unlock();
      task->run();
      lock.lock();
      continue;
    }
    if (stopping_ && timers_.empty()) break;
    ++idle_;
    if (timers_.empty()) {
      work_to_do_.wait(lock);
    } else {
      const Instant until = timers_.front().when;  // timers move when one is added
      work_to_do_.wait_until(lock, until);
    }
    --idle_;
  }
}

}  // namespace eventcore::detail
