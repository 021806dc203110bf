#pragma once

/// \file
/// `LogFollower`: keeps an executor's cached states at the newest version while others write.

#include <condition_variable>
#include <thread>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/event_page.hpp"

namespace eventcore::detail {

class ExecutorCore;

/// Reads the log and hands it to its executor, from the first conflict with another writer on
/// until nothing of what it read has mattered for a while. A state that another process has made
/// old costs its next command a conflict and a read; to follow costs one read for all of them.
/// Thread-safety: Thread-safe.
class LogFollower {
 public:
  /// Between two reads. What others wrote is known so much later, and the store is asked so
  /// seldom.
  static constexpr std::chrono::milliseconds kInterval{2};

  explicit LogFollower(ExecutorCore& core) : core_(core) {}
  LogFollower(const LogFollower&) = delete;
  LogFollower& operator=(const LogFollower&) = delete;
  ~LogFollower() { stop(); }

  /// There was a conflict: others write.
  void notice() noexcept;
  /// Ends the thread. Blocking: until a read that is under way is over.
  void stop() noexcept;

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] bool wait_for_conflict(const std::stop_token& stop);
  void follow(const std::stop_token& stop);
  [[nodiscard]] bool pause(const std::stop_token& stop);
  [[nodiscard]] bool is_wanted(bool mattered);

  ExecutorCore& core_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  bool noticed_ EVENTCORE_GUARDED_BY(mutex_) = false;
  bool stopped_ EVENTCORE_GUARDED_BY(mutex_) = false;
  Instant wanted_until_ EVENTCORE_GUARDED_BY(mutex_){};
  std::jthread thread_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::detail
