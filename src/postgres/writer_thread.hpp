#pragma once

// `WriterThread`: the one thread of a store that appends: whatever is queued, by one call of the
// function `append`, which is a transaction of its own.
//
// An append that got no answer is in doubt. Its server process may still wait for the commit lock,
// so on a new connection, under that lock, the fence is raised first: calls that carry the old one
// are refused from then on. What is not in the log then was not and will not be stored.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "connection.hpp"
#include "eventcore/detail/append_queue.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/detail/waiting_list.hpp"
#include "group.hpp"
#include "store_state.hpp"

namespace eventcore::postgres {

/// Between attempts to connect.
inline constexpr std::chrono::milliseconds kBackoffFirst{5};
inline constexpr std::chrono::milliseconds kBackoffMax{500};

/// The statements of a store, with its schema in them.
struct WriterStatements {
  explicit WriterStatements(const std::string& schema);

  std::string append;
  std::string read_details;
  std::string give_up;
  std::string read_log_end;
};

/// Thread-safety: Thread-safe. Owns its thread from `start` to `close` or destruction.
class WriterThread {
 public:
  /// `announce` is called with each new head, on the writer's thread.
  WriterThread(StoreState& state, std::function<void(Position)> announce);
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;
  ~WriterThread();

  /// Connects, prepares the schema and reads where the log ends. Errors: Unavailable.
  [[nodiscard]] Result<void> open();
  void start();
  void refuse_more() noexcept { refusing_.store(true, std::memory_order_release); }
  /// Completes what is queued and ends the thread. Errors: DeadlineExceeded.
  [[nodiscard]] Result<void> close(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);

  void submit(AppendOperation& operation) noexcept;
  /// Appends `batch` at exactly `first` and `time`. Durable with the next append, or on closing.
  [[nodiscard]] Result<void> import_batch(WriteBatch& batch, Position first, Timestamp time)
      EVENTCORE_EXCLUDES(mutex_);
  /// How long groups waited for the commit lock, in all.
  [[nodiscard]] std::chrono::microseconds lock_wait() const noexcept {
    return std::chrono::microseconds(lock_wait_us_.load(std::memory_order_relaxed));
  }

 private:
  /// A batch with its own place in the log.
  struct Import {
    AppendOperation* operation = nullptr;
    Position first;
    Timestamp time;
  };

  /// A group, and what it is sent as.
  struct Turn {
    Turn(StoreState& state, StreamHeads& heads) : group(state, heads) {}

    Group group;
    Parameters plan;
    bool is_sent = false;  // or it could not be
    Failure send_failure;
    Instant began{};
    std::chrono::nanoseconds queue_wait{};
    std::optional<std::chrono::microseconds> lock_wait;
    std::vector<TraceContext> traces;
  };

  [[nodiscard]] Group& group() noexcept { return turn_->group; }
  void loop();
  void run_groups();
  void fill_group();
  void run_import(Import import);
  void write_plan(Position first, Timestamp time, bool relaxed);
  [[nodiscard]] bool append_group(Position first, Timestamp time, bool relaxed);
  [[nodiscard]] bool begin_next_group();
  void finish_group(Turn& turn);
  [[nodiscard]] Failure try_group();
  void read_details();
  void report_group(const Turn& turn) noexcept;
  [[nodiscard]] bool make_ready();
  [[nodiscard]] Result<void> connect();
  void fail_overdue(const Error& error);
  void sync();

  void recover(const Error& cause);
  [[nodiscard]] Result<void> try_recover();
  /// Where nothing is in doubt.
  [[nodiscard]] Result<void> raise_fence() {
    std::unordered_map<Uuid, FoundBatch> none;
    return raise_fence(Array(Type::Uuid), none);
  }
  [[nodiscard]] Result<void> raise_fence(const Array& ids,
                                         std::unordered_map<Uuid, FoundBatch>& stored);
  void tell_available(bool available) const noexcept;
  [[nodiscard]] Instant answer_by() const;
  [[nodiscard]] std::int32_t lock_wait_ms() const noexcept {
    return static_cast<std::int32_t>(state_.options.lock_timeout.count());
  }

  StoreState& state_;
  const std::function<void(Position)> announce_;
  const WriterStatements sql_;
  const ProbeInterests interests_;
  detail::AppendQueue queue_;

  // The thread's own.
  Connection connection_;
  StreamHeads heads_;
  Turn turns_[2];
  Turn* turn_ = &turns_[0];
  detail::WaitingList again_;  // to be planned again, before what is waiting
  detail::WaitingList waiting_;
  const Uuid writer_;
  std::int64_t fence_ = 0;
  std::chrono::milliseconds backoff_;
  bool queue_closed_ = false;
  bool unsynced_ = false;

  std::atomic<bool> refusing_ = false;
  std::atomic<bool> closing_ = false;
  std::atomic<std::int64_t> lock_wait_us_ = 0;

  detail::Mutex mutex_;
  std::condition_variable_any changed_;
  Import import_ EVENTCORE_GUARDED_BY(mutex_);
  bool ended_ EVENTCORE_GUARDED_BY(mutex_) = true;
  std::thread thread_;
};

}  // namespace eventcore::postgres
