#pragma once

/// \file
/// `EventStore`: the log of events that commands append to and readers follow.
///
/// The interface is small and asynchronous: operations are handed in and complete later, each
/// exactly once. The members below them are blocking shells. Stores come from the `open` function
/// of their own header (memory_store.hpp, sqlite_store.hpp). Commands go through `CommandExecutor`;
/// appending here by hand is for imports and tests. The promises that every store keeps are in
/// docs/reference/store-contract.md and are tested by `testing::register_store_contract`.

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/event_filter.hpp"
#include "eventcore/event_page.hpp"
#include "eventcore/limits.hpp"
#include "eventcore/result.hpp"
#include "eventcore/trace_context.hpp"
#include "eventcore/write_batch.hpp"

namespace eventcore {

class HeadWatcher;
class ProjectionStorage;
class StoreAdministration;

/// A stored batch. Its streams' former versions are in `WriteBatch::Stream::version_before`.
struct WriteResult {
  Position first;  ///< Of the batch's events; for a pure check the head that was checked against.
  Position last;
  Timestamp time;
  /// The key was used before: nothing was written, and `first`, `last` and `time` are those of
  /// the batch that was.
  bool replayed = false;
};

class AppendOperation;
class ReadOperation;

/// Sees the result of an operation before its submitter does, so that a decorator of a store can
/// measure without wrapping operations. Called on the thread that completes. Must not block,
/// throw or run user code. Thread-safety: every member is called concurrently.
class CompletionObserver {
 public:
  CompletionObserver() = default;
  CompletionObserver(const CompletionObserver&) = delete;
  CompletionObserver& operator=(const CompletionObserver&) = delete;
  virtual ~CompletionObserver() = default;

  virtual void append_completed(const AppendOperation& operation, const Result<WriteResult>& result,
                                Instant since) noexcept = 0;
  virtual void read_completed(const ReadOperation& operation, const Result<EventPage>& result,
                              Instant since) noexcept = 0;
};

/// Who watches an operation, since when. A decorator sets it on submission unless it is set
/// already: the outermost watches, so that nothing is counted twice.
struct Observation {
  CompletionObserver* observer = nullptr;
  Instant since{};
};

/// One append under way. The submitter owns it and keeps it alive until `completed` has run.
///
/// Its state decides races between the store and the submitter: whoever moves it out of `Queued`
/// first has it. Thread-safety: members below "for the submitter" and "for the store" may be
/// called by one thread each.
class AppendOperation {
 public:
  AppendOperation() = default;
  AppendOperation(const AppendOperation&) = delete;
  AppendOperation& operator=(const AppendOperation&) = delete;
  virtual ~AppendOperation() = default;

  WriteBatch batch;
  /// Past it, an operation that is not in a group yet is removed with `DeadlineExceeded`.
  Deadline deadline;
  /// Stops an operation that is not in a group yet, with `Cancelled`.
  std::stop_token stop;
  /// Operations submitted before to the same store whose effects this batch's expectations take
  /// for granted. If one of them is rejected, so is this one, with `VersionConflict`. They must
  /// outlive this operation's completion.
  std::vector<const AppendOperation*> predecessors;

  // For the submitter.

  /// Takes back an operation that is not in a group yet. On true nothing will be written;
  /// `completed` still runs, with `Cancelled`.
  [[nodiscard]] bool cancel() noexcept { return leave_queue(State::Rejected); }
  /// The operation's batch will not be stored, or it is in doubt.
  [[nodiscard]] bool is_rejected() const noexcept {
    return state_.load(std::memory_order_acquire) == State::Rejected;
  }

  // For the store.

  /// Takes the operation into a group; false if it was taken back.
  [[nodiscard]] bool admit() noexcept { return leave_queue(State::Admitted); }
  /// Marks an admitted operation whose batch will not be stored: before an operation that names
  /// it as a predecessor is accepted, and before it is finished. A replayed one counts as such.
  void reject() noexcept { state_.store(State::Rejected, std::memory_order_release); }
  /// A predecessor was rejected.
  [[nodiscard]] bool has_rejected_predecessor() const noexcept {
    for (const AppendOperation* predecessor : predecessors) {
      if (predecessor->is_rejected()) return true;
    }
    return false;
  }

  /// Hands `result` to the submitter, exactly once. The operation may be gone afterwards.
  void finish(Result<WriteResult> result) noexcept {
    const Observation observed = std::exchange(observation, {});
    if (observed.observer != nullptr) {
      observed.observer->append_completed(*this, result, observed.since);
    }
    completed(std::move(result));
  }

  AppendOperation* next = nullptr;  ///< The store's, while it has the operation.
  Instant submitted_at{};           ///< The store's.
  Observation observation;          ///< A decorator's, until the operation is finished.

 protected:
  /// The result, exactly once, on a thread of the store or inside `submit_append`. Must not
  /// block and must not run user code. Success means durable (as the store was opened).
  /// Stores call `finish`.
  virtual void completed(Result<WriteResult> result) noexcept = 0;

  /// Makes a finished operation ready to be submitted again. Its submitter calls it once no later
  /// operation names it as a predecessor.
  void renew() noexcept {
    batch.clear();
    predecessors.clear();
    deadline = {};
    stop = {};
    state_.store(State::Queued, std::memory_order_relaxed);
  }

 private:
  enum class State : std::uint8_t { Queued, Admitted, Rejected };

  bool leave_queue(State to) noexcept {
    State expected = State::Queued;
    return state_.compare_exchange_strong(expected, to, std::memory_order_acq_rel);
  }

  std::atomic<State> state_ = State::Queued;  // atomic: submitter and store race for it
};

/// The order of events in a page.
enum class ReadOrder : std::uint8_t {
  StreamForward,   ///< Stream by stream in the query's order, oldest first.
  StreamBackward,  ///< Stream by stream, newest first.
  Log,             ///< By position, over all streams of the query.
};

/// The events of one stream with versions in the open interval (`after`, `before`).
struct StreamRange {
  StreamId stream;
  StreamVersion after = {0};
  StreamVersion before = {std::numeric_limits<std::uint64_t>::max()};
};

/// Reads streams, all at one position of the log.
struct StreamsQuery {
  std::vector<StreamRange> streams;
  std::optional<Position> at = std::nullopt;  ///< Default: the head when the read begins.
  ReadOrder order = ReadOrder::StreamForward;
  std::size_t events_max = limits::kPageEvents;
  std::size_t bytes_max = std::size_t{16} * 1024 * 1024;
  bool with_batch = false;  ///< Fill `StoredEvent::batch`.
};

/// Reads the log in order.
struct LogQuery {
  Position after = {0};
  std::optional<Position> until = std::nullopt;  ///< Last position read; default the head.
  EventFilter filter = {};
  std::size_t events_max = limits::kPageEvents;
  std::size_t bytes_max = std::size_t{16} * 1024 * 1024;
  bool with_batch = false;  ///< Fill `StoredEvent::batch`.
};

/// A page ends at the first limit that the next event would pass; it holds at least one event if
/// there is one, however large, unless `events_max` is 0.
using ReadQuery = std::variant<StreamsQuery, LogQuery>;

/// One read under way. The submitter owns it and keeps it alive until `completed` has run.
class ReadOperation {
 public:
  ReadOperation() = default;
  ReadOperation(const ReadOperation&) = delete;
  ReadOperation& operator=(const ReadOperation&) = delete;
  virtual ~ReadOperation() = default;

  ReadQuery query;
  Deadline deadline;     ///< Past it, a read that has not begun ends with `DeadlineExceeded`.
  std::stop_token stop;  ///< Stops a read that has not begun, with `Cancelled`.
  TraceContext trace;    ///< Of whom it is for; told to probes.

  /// For the store: hands `result` to the submitter, exactly once. The operation may be gone
  /// afterwards.
  void finish(Result<EventPage> result) noexcept {
    const Observation observed = std::exchange(observation, {});
    if (observed.observer != nullptr) {
      observed.observer->read_completed(*this, result, observed.since);
    }
    completed(std::move(result));
  }

  ReadOperation* next = nullptr;  ///< The store's, while it has the operation.
  Instant submitted_at{};         ///< The store's.
  Observation observation;        ///< A decorator's, until the operation is finished.

 protected:
  /// The result, exactly once, on a thread of the store or inside `submit_read`. Must not block
  /// and must not run user code. Stores call `finish`.
  virtual void completed(Result<EventPage> result) noexcept = 0;
};

/// How `EventStore::read_stream` reads.
struct ReadOptions {
  enum class Direction : std::uint8_t { Forward, Backward };

  /// The first version returned: by default the oldest, or the newest for `Backward`.
  std::optional<StreamVersion> from_version = std::nullopt;
  std::size_t limit = limits::kPageEvents;
  Direction direction = Direction::Forward;
  Deadline deadline = {};
};

/// What a store is, for build information and tools. Never holds a password.
struct StoreDescription {
  std::string backend;     ///< `memory`, `sqlite`, `postgres`.
  std::string durability;  ///< `none`, `full`, or the named weaker mode.
  std::string location;    ///< URL without secrets.
};

/// A log of events. Thread-safety: Thread-safe. Ownership: must outlive its users.
class EventStore {
 public:
  EventStore() = default;
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;
  virtual ~EventStore() = default;

  /// Appends every event of `operation.batch` or none. Operations are checked in the order of
  /// their submission. Blocking: no. A full queue completes with `Overloaded`.
  /// Errors: VersionConflict (names stream and winner), KeyReused, LimitExceeded,
  /// InvalidArgument, Overloaded, DeadlineExceeded, Cancelled, ShuttingDown, Unavailable,
  /// CommitInDoubt (after recovery did not resolve it).
  virtual void submit_append(AppendOperation& operation) = 0;

  /// Reads a page. Blocking: no. What is known in memory completes inside the call.
  /// Errors: InvalidArgument, LimitExceeded, Overloaded, DeadlineExceeded, Cancelled,
  /// ShuttingDown, Unavailable, Corrupt.
  virtual void submit_read(ReadOperation& operation) = 0;

  /// The last committed position that this object knows. Cost: an atomic load.
  [[nodiscard]] virtual Position head() const noexcept = 0;
  [[nodiscard]] virtual HeadWatcher& head_watcher() noexcept = 0;

  [[nodiscard]] virtual const StoreDescription& description() const noexcept = 0;
  [[nodiscard]] virtual StoreAdministration& administration() noexcept = 0;
  [[nodiscard]] virtual ProjectionStorage& projections() noexcept = 0;

  /// Refuses new operations, completes those under way and releases the store's resources. A
  /// second call is harmless. Errors: DeadlineExceeded (work goes on), Unavailable.
  [[nodiscard]] virtual Result<void> close(Deadline deadline) = 0;

  // Blocking shells. Blocking: until the store answers or the deadline removes the operation.

  /// Appends `batch`; on success its streams' `version_before` are set. Errors: submit_append.
  [[nodiscard]] Result<WriteResult> append(WriteBatch& batch, Deadline deadline = {});
  /// Appends `events` as one batch with a fresh id. Errors: submit_append.
  [[nodiscard]] Result<WriteResult> write_events(std::span<const EventToWrite> events,
                                                 Deadline deadline = {});
  /// Reads one page. Errors: submit_read.
  [[nodiscard]] Result<EventPage> read(ReadQuery query, Deadline deadline = {});
  /// Reads one page of one stream. An unknown stream is empty. Errors: submit_read.
  [[nodiscard]] Result<EventPage> read_stream(const StreamId& stream, ReadOptions options = {});
};

}  // namespace eventcore
