#include "look_thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace eventcore::cli {

LookThread::LookThread(std::unique_ptr<TopSource> source, std::chrono::milliseconds interval)
    : source_(std::move(source)),
      interval_(interval),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void LookThread::run(const std::stop_token& stop) {
  constexpr std::size_t kLooksMax = 100;
  std::mutex waiting_mutex;
  std::condition_variable_any never;
  auto next = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    Result<TopLook> look = source_->look(stop);
    {
      const detail::MutexLock lock(mutex_);
      looks_.push_back(std::move(look));
      if (looks_.size() > kLooksMax) looks_.pop_front();
    }
    wake_.ring();
    // After a pause of the whole machine, what was missed is not made up for.
    next = std::max(next + interval_, std::chrono::steady_clock::now());
    std::unique_lock lock(waiting_mutex);
    never.wait_until(lock, stop, next, [] { return false; });
  }
}

std::optional<Result<TopLook>> LookThread::take() {
  const detail::MutexLock lock(mutex_);
  if (looks_.empty()) {
    wake_.clear();
    return std::nullopt;
  }
  std::optional<Result<TopLook>> look(std::move(looks_.front()));
  looks_.pop_front();
  return look;
}

}  // namespace eventcore::cli
