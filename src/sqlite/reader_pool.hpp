#pragma once

// `ReaderPool`: the threads of a store that read.

#include <condition_variable>
#include <memory>
#include <thread>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/store_administration.hpp"
#include "log_reader.hpp"
#include "store_state.hpp"
#include "writer_thread.hpp"

namespace eventcore::sqlite {

/// Thread-safety: Thread-safe. Owns its threads from `start` to `close` or destruction.
class ReaderPool {
 public:
  /// `writer` must outlive the pool: it catches up with other processes for the readers.
  ReaderPool(StoreState& state, WriterThread& writer);
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;
  ~ReaderPool();

  /// Connects and starts the threads. Errors: Unavailable, Corrupt.
  [[nodiscard]] Result<void> start();
  /// Completes what is queued and ends the threads. Errors: DeadlineExceeded.
  [[nodiscard]] Result<void> close(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);

  void submit(ReadOperation& operation) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] PoolFigures figures() const EVENTCORE_EXCLUDES(mutex_);

 private:
  void loop(LogReader& reader);
  void serve(ReadOperation& operation, LogReader& reader);
  [[nodiscard]] Result<EventPage> page_of(const ReadOperation& operation, LogReader& reader);
  void tell(Instant submitted, Instant began, const TraceContext& trace,
            bool timed_out) const noexcept;

  StoreState& state_;
  WriterThread& writer_;
  const bool tells_pools_;

  mutable detail::Mutex mutex_;
  std::condition_variable_any changed_;
  ReadOperation* first_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  ReadOperation* last_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  std::size_t queued_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::size_t running_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::size_t serving_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  bool closing_ EVENTCORE_GUARDED_BY(mutex_) = false;

  std::vector<std::unique_ptr<LogReader>> readers_;
  std::vector<std::thread> threads_;
};

}  // namespace eventcore::sqlite
