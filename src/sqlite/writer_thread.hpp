#pragma once

// `WriterThread`: the one thread of a store that writes. It commits whatever is queued in one
// transaction, follows what other processes wrote, and recovers after a commit that failed.
//
// A failed COMMIT is in doubt: what was written to the journal may come back after a crash. So the
// store refuses appends until a later commit, the fence, is synced: it overwrites what was not
// visible, and what was visible has been copied into the database before. Only then is the log
// asked what became of the group.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "eventcore/detail/append_queue.hpp"
#include "eventcore/detail/waiting_list.hpp"
#include "group.hpp"
#include "log_file.hpp"
#include "store_state.hpp"

namespace eventcore::sqlite {

/// Thread-safety: Thread-safe. Owns its thread from `start` to `close` or destruction.
class WriterThread {
 public:
  explicit WriterThread(StoreState& state);
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;
  ~WriterThread();

  /// Connects and loads heads and types. Errors: Unavailable, Corrupt.
  [[nodiscard]] Result<void> open();
  void start();
  /// Appends and jobs that come from now on are refused.
  void refuse_more() noexcept { refusing_.store(true, std::memory_order_release); }
  /// Completes what is queued and ends the thread. Errors: DeadlineExceeded; Unavailable when what
  /// was imported could not be synced.
  [[nodiscard]] Result<void> close(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);

  void submit(AppendOperation& operation) noexcept;
  /// Waits until the store knows what other processes had announced when this was called.
  /// Errors: DeadlineExceeded, ShuttingDown; Unavailable and Corrupt when the file can't be read.
  [[nodiscard]] Result<void> catch_up(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);
  /// Somebody begins or ceases to wait for a new head: meanwhile the file is looked at.
  void watch() noexcept;
  void unwatch() noexcept { watchers_.fetch_sub(1, std::memory_order_relaxed); }

  /// Work inside a write transaction on this thread.
  using Job = std::function<Result<void>(LogFile&)>;
  /// Runs `job` and commits. `synced` false: durable with the next other commit, or on closing.
  /// Errors: those of the job, Unavailable, CommitInDoubt, ShuttingDown.
  [[nodiscard]] Result<void> run(Job job, bool synced) EVENTCORE_EXCLUDES(mutex_);

 private:
  struct Request {
    Job job;
    bool synced = true;
    std::promise<Result<void>> done;
  };
  [[nodiscard]] Result<void> loop();
  void idle();
  void serve_requests();
  void refuse_requests(const Error& error) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] std::vector<std::unique_ptr<Request>> take_requests() EVENTCORE_EXCLUDES(mutex_);
  void end_looks(std::uint64_t looks, Result<void> outcome) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> look_for_events();
  void run_group();
  [[nodiscard]] Result<void> fill_group();
  void check_group();
  void write_group();
  void note_traces();
  void report_group(Instant began, std::chrono::nanoseconds queue_wait) noexcept;
  void fail_waiting(const Error& error) { waiting_.fail(queue_, error); }
  void expire_waiting();
  void fail_overdue();
  [[nodiscard]] Result<void> make_ready(bool weaker);
  [[nodiscard]] bool take_turn();
  [[nodiscard]] Result<void> begin_transaction();
  [[nodiscard]] Result<void> begin_job(bool weaker);
  void abandon_transaction();
  [[nodiscard]] Result<void> run_job(Request& request);
  void tidy_journal();
  [[nodiscard]] Result<void> finish_file();
  [[nodiscard]] Result<void> sync_file();

  void recover(const Error& cause);
  [[nodiscard]] Result<void> try_recover(Position before);
  [[nodiscard]] Result<void> resolve_doubt(Position before);
  [[nodiscard]] static Error no_turn();

  StoreState& state_;
  detail::AppendQueue queue_;
  LogFile file_;
  Group group_;
  const ProbeInterests interests_;
  std::vector<TraceContext> traces_;  // of the group under way, if they are wanted

  // The thread's own.
  detail::WaitingList waiting_;
  bool queue_closed_ = false;
  bool unsynced_ = false;
  int tidy_at_ = kJournalPages;  // pages of the journal from which it is copied
  bool lost_ = false;            // closing, and the file could not be recovered
  std::chrono::milliseconds poll_interval_;

  std::atomic<bool> available_ = true;  // false: submitters are refused, see `recover`
  std::atomic<bool> refusing_ = false;
  std::atomic<bool> closing_ = false;
  std::atomic<std::uint32_t> watchers_ = 0;

  detail::Mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<Request>> requests_ EVENTCORE_GUARDED_BY(mutex_);
  std::uint64_t looks_wanted_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::uint64_t looks_done_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  Result<void> look_outcome_ EVENTCORE_GUARDED_BY(mutex_);  // of the last one
  bool ended_ EVENTCORE_GUARDED_BY(mutex_) = true;
  Result<void> outcome_ EVENTCORE_GUARDED_BY(mutex_);  // of the thread, when it has ended
  bool requests_closed_ EVENTCORE_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace eventcore::sqlite
