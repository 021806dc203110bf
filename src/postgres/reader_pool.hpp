#pragma once

// `ReaderPool`: the threads of a store that read, each with a connection.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/store_administration.hpp"
#include "log_reader.hpp"
#include "store_state.hpp"

namespace eventcore::postgres {

/// Opens a connection when all others are at work. A read whose connection is lost is repeated
/// once over a new one: reading twice does no harm.
/// Thread-safety: Thread-safe. Owns its threads from `start` to `close` or destruction.
class ReaderPool {
 public:
  explicit ReaderPool(StoreState& state);
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;
  ~ReaderPool();

  /// Connects once and starts the first thread. Errors: Unavailable, InvalidArgument.
  [[nodiscard]] Result<void> start() EVENTCORE_EXCLUDES(mutex_);
  /// Completes what is queued and ends the threads. Errors: DeadlineExceeded.
  [[nodiscard]] Result<void> close(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);

  void submit(ReadOperation& operation) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] PoolFigures figures() const EVENTCORE_EXCLUDES(mutex_);

 private:
  // A connection, and how long its next attempt waits.
  struct Reader {
    explicit Reader(StoreState& state) : log(state) {}
    LogReader log;
    bool is_idle = true;   // under `mutex_`, like the next
    bool is_lent = false;  // another reader uses its connection
    std::chrono::milliseconds pause{0};
    std::atomic<bool> is_open = false;  // set by the reader, read by `figures`
  };
  // When an operation came and was begun; taken beforehand, because it may be gone afterwards.
  struct Times {
    Instant submitted;
    Instant began;
    TraceContext trace;
  };
  using Operations = std::vector<ReadOperation*>;

  void add_thread(std::unique_ptr<Reader> reader) EVENTCORE_REQUIRES(mutex_);
  void loop(Reader& reader) EVENTCORE_EXCLUDES(mutex_);
  void take(Operations& operations) EVENTCORE_REQUIRES(mutex_);
  void serve(Operations& operations, Reader& reader);
  void serve_one(ReadOperation& operation, Reader& reader, Instant began);
  void serve_pipelined(Operations& operations, Reader& reader, Instant began);
  [[nodiscard]] Result<EventPage> read(const ReadQuery& query, Reader& reader);
  [[nodiscard]] Result<EventPage> read_long(const ReadQuery& query, Reader& reader)
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Reader* borrow() EVENTCORE_EXCLUDES(mutex_);
  void give_back(Reader& lent) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<void> connect(Reader& reader);
  [[nodiscard]] Result<void> pause(Reader& reader) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] bool refuse(ReadOperation& operation, Instant began) const;
  [[nodiscard]] Instant now_if_told() const noexcept;
  void tell(Times times, bool timed_out) const noexcept;

  StoreState& state_;
  const bool tells_pools_;

  mutable detail::Mutex mutex_;
  std::condition_variable_any changed_;
  std::condition_variable_any closed_;  // wakes readers that pause
  ReadOperation* first_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  ReadOperation* last_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  std::size_t queued_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::size_t running_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::size_t idle_ EVENTCORE_GUARDED_BY(mutex_) = 0;  // neither at work nor lent
  std::size_t lent_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  bool closing_ EVENTCORE_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Reader>> readers_ EVENTCORE_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::postgres
