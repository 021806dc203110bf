#pragma once

// `LeaseWatch`: a thread that keeps the lease of a leader and looks for requests of operators,
// while the leader is busy or asleep.

#include <atomic>
#include <condition_variable>
#include <thread>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/projection_runner.hpp"
#include "projection_board.hpp"

namespace eventcore::detail {

/// Thread-safety: Thread-safe. Owns its thread from construction to destruction.
class LeaseWatch {
 public:
  /// `asked` is when the lease was asked for: it ends no earlier than its duration after that.
  LeaseWatch(ProjectionStorage& storage, ProjectionBoard& board,
             const ProjectionRunnerOptions& options, ProjectionRecord record, Instant asked);
  LeaseWatch(const LeaseWatch&) = delete;
  LeaseWatch& operator=(const LeaseWatch&) = delete;
  ~LeaseWatch();

  /// Somebody else leads, or may by now.
  [[nodiscard]] bool is_lost() const noexcept { return lost_.load(std::memory_order_acquire); }
  /// Something that the leader did was refused with `LeaseLost`.
  void lose();
  /// As last read.
  [[nodiscard]] ProjectionRecord record() const EVENTCORE_EXCLUDES(mutex_);

 private:
  void loop(const std::stop_token& stop);
  void renew();
  void look();

  ProjectionStorage& storage_;
  ProjectionBoard& board_;
  const ProjectionRunnerOptions& options_;
  const std::string name_;
  const std::uint64_t token_;
  Instant renew_at_;    // the thread's own
  Instant expires_at_;  // the thread's own

  std::atomic<bool> lost_ = false;  // atomic: the leader looks at it between two steps
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  ProjectionRecord record_ EVENTCORE_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace eventcore::detail
