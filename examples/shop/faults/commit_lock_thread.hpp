#pragma once

/// \file
/// `CommitLockThread`: makes commits in PostgreSQL slow, as another session that is in their way.

#include <atomic>
#include <string>
#include <thread>

namespace shop {

/// Owns a thread that, while it is told to, takes the commit lock of a store again and again for
/// 600 ms each. The lock ends with its connection, so that nothing of it stays.
/// Thread-safety: Thread-safe.
class CommitLockThread {
 public:
  /// `schema` is the store's; empty: `eventcore`. `conninfo` may hold a password: never print it.
  CommitLockThread(std::string conninfo, const std::string& schema);
  CommitLockThread(const CommitLockThread&) = delete;
  CommitLockThread& operator=(const CommitLockThread&) = delete;
  /// Blocking: until it has let go of the lock.
  ~CommitLockThread();

  void slow_down(bool slow);

 private:
  void run(const std::stop_token& stop);

  const std::string conninfo_;
  const std::string take_;
  std::atomic<bool> slow_ = false;
  std::jthread thread_;
};

}  // namespace shop
