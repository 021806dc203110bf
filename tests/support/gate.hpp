#pragma once

/// \file
/// `Gate`: where one thread waits until another has opened it.

#include <condition_variable>
#include <mutex>

namespace eventcore::testing {

/// Closed at first. Who has waited may destroy it at once, which a std::promise forbids.
/// Thread-safety: Thread-safe.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

}  // namespace eventcore::testing
