#include "log_follower.hpp"

#include <system_error>

#include "eventcore/tail_reader.hpp"
#include "executor_core.hpp"

namespace eventcore::detail {

namespace {

// A follower that nothing has needed for so long ends.
constexpr std::chrono::seconds kPatience{10};
// The longest wait for an event; then it is looked whether to go on.
constexpr std::chrono::seconds kLook{1};

}  // namespace

void LogFollower::notice() noexcept {
  {
    const MutexLock lock(mutex_);
    if (stopped_) return;
    noticed_ = true;
    wanted_until_ = std::chrono::steady_clock::now() + kPatience;
    if (!thread_.joinable()) {
      try {
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
      } catch (const std::system_error&) {
        return;  // No thread now: the next conflict tries again.
      }
    }
  }
  changed_.notify_one();
}

void LogFollower::stop() noexcept {
  std::jthread ending;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    ending.swap(thread_);
  }
  if (!ending.joinable()) return;
  ending.request_stop();
  ending.join();
}

void LogFollower::run(const std::stop_token& stop) {
  while (wait_for_conflict(stop)) follow(stop);
}

bool LogFollower::wait_for_conflict(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  return changed_.wait(lock, stop, [this]() EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
    return std::exchange(noticed_, false);
  });
}

void LogFollower::follow(const std::stop_token& stop) {
  TailReader tail(core_.store(), core_.begin_following());
  bool goes_on = true;
  while (goes_on && !stop.stop_requested()) {
    const Result<EventPage> page = tail.next(Deadline::after(kLook), stop);
    // Whoever reads next reports it.
    if (!page) break;
    const bool mattered = core_.follow(*page);
    goes_on = is_wanted(mattered) && (page->more || pause(stop));
  }
  core_.end_following();
}

bool LogFollower::is_wanted(bool mattered) {
  const Instant now = std::chrono::steady_clock::now();
  const MutexLock lock(mutex_);
  if (mattered) wanted_until_ = now + kPatience;
  return now < wanted_until_;
}

bool LogFollower::pause(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  static_cast<void>(changed_.wait_for(lock, stop, kInterval, [] { return false; }));
  return !stop.stop_requested();
}

}  // namespace eventcore::detail
