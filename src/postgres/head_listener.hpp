#pragma once

// `HeadListener`: how a store learns of events that other processes append, and lets them know of
// its own.
//
// LISTEN on a connection of its own, and NOTIFY over it, after commits and not in them: inside they
// would queue up behind one lock. Polling covers what is lost, and is all there is behind a pooler
// or on a standby.

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <string>
#include <thread>

#include "connection.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/head_watcher.hpp"
#include "store_state.hpp"

namespace eventcore::postgres {

/// Thread-safety: Thread-safe. Owns a thread from `start` to `close` or destruction.
/// Cost: the thread sleeps unless somebody waits, a notification comes or one is to be sent.
class HeadListener final : public HeadWatcher {
 public:
  explicit HeadListener(StoreState& state);
  ~HeadListener() override;

  void start();
  /// Ends the thread. Errors: DeadlineExceeded.
  [[nodiscard]] Result<void> close(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);

  /// Lets other processes know of `head`, which is committed. Blocking: no. Cost: two atomic
  /// operations, and a system call at most every 5 ms.
  void publish(Position head) noexcept;

  [[nodiscard]] Position wait_beyond(Position seen, Deadline deadline,
                                     std::stop_token stop) override;

 private:
  using Milliseconds = std::chrono::milliseconds;

  void loop();
  [[nodiscard]] bool is_needed() const noexcept;
  void work();
  void connect();
  [[nodiscard]] Instant next_turn() const noexcept;
  void sleep(Instant until);
  void receive();
  void notify();
  void poll_head();
  void wake() noexcept;

  StoreState& state_;
  const bool notifies_;
  const std::string channel_;
  const std::string listen_;
  const std::string read_head_;
  int wake_ = -1;  // an eventfd

  // Set by others, read by the thread, which looks again after it was woken.
  std::atomic<std::uint32_t> waiters_ = 0;
  std::atomic<std::uint64_t> published_ = 0;
  std::atomic<bool> is_told_ = false;  // of a published head that it has not sent
  std::atomic<bool> closing_ = false;

  // Of the thread alone.
  Connection connection_;
  bool listens_ = false;
  std::uint64_t notified_ = 0;
  Instant may_notify_at_{};
  Instant polled_at_{};
  Milliseconds poll_interval_;
  Instant may_connect_at_{};
  Milliseconds connect_pause_{0};

  detail::Mutex mutex_;
  std::condition_variable_any ended_;
  bool running_ EVENTCORE_GUARDED_BY(mutex_) = false;
  std::thread thread_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::postgres
