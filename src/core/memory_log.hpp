#pragma once

// `MemoryLog`: the data of the memory store and how it grows.
//
// 1. What is in the log never changes and never moves. Positions up to the head can be read
//    without a lock: the writer sets everything before it advances the head, a reader acquires
//    the head first. A stream's version stands in the same way for its own events.
// 2. A batch is copied into the arena before the lock is taken, and given back if it turns out
//    not to fit. Under the lock are only the checks and the assignment of numbers.
// 3. All that can fail for want of memory comes before the first change that others can see.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "eventcore/detail/head_signal.hpp"
#include "eventcore/event_page.hpp"
#include "eventcore/event_store.hpp"
#include "memory_arena.hpp"
#include "name_table.hpp"
#include "spin_mutex.hpp"
#include "stable_index.hpp"

namespace eventcore::detail {

/// One stream. It exists from the first batch that writes to it, or that reads it and writes to
/// another; until its own first event it has version 0 and is not listed.
struct MemoryStream {
  std::string_view id;
  std::atomic<std::uint64_t> version = 0;  // atomic: read without the lock; releases `events`
  StableIndex<const StoredEvent*, 2> events;  // element v - 1 has version v
};

/// The interned name of an event type.
struct MemoryType {
  std::string_view name;
  std::uint32_t number = 0;
};

/// A stored batch. Its `decision` is encoded when it is read, from `reads` and `interference`.
struct MemoryBatch : StoredBatch {
  struct Read {
    MemoryStream* stream;
    StreamVersion before;
    bool written;
  };

  Timestamp time;
  std::span<Read> reads;
  std::string_view interference;  ///< The second half of an encoded decision.
};

/// What is to be appended, and how.
struct MemoryAppend {
  WriteBatch& batch;
  Timestamp wall;
  AppendOperation* operation = nullptr;  ///< Rejected under the lock if the batch is not stored.
  std::optional<Position> first = std::nullopt;  ///< An import: exactly here, at time `wall`.
};

/// Thread-safety: Thread-safe.
class MemoryLog {
 public:
  MemoryLog();

  // Reading.

  [[nodiscard]] Position head() const noexcept { return signal_.head(); }
  [[nodiscard]] HeadSignal& signal() noexcept { return signal_; }
  /// Requires: `position` is not 0 and not past a head that the caller has seen.
  [[nodiscard]] const StoredEvent& event(Position position) const noexcept {
    return *events_[position.value - 1];
  }
  /// Null for a stream that had no event at a head that the caller has seen before.
  [[nodiscard]] const MemoryStream* find_stream(std::string_view id) const noexcept;
  /// The version of `stream` when the head was `at`.
  [[nodiscard]] static StreamVersion version_at(const MemoryStream& stream, Position at) noexcept;
  /// The number of an event type, from 1; 0 if no event has it.
  [[nodiscard]] std::uint32_t type_number(std::string_view name) const noexcept;
  [[nodiscard]] std::uint32_t type_count() const noexcept {
    return type_count_.load(std::memory_order_acquire);
  }
  /// Every stream, in the order of creation; those without events too.
  [[nodiscard]] std::uint64_t stream_count() const noexcept {
    return stream_count_.load(std::memory_order_acquire);
  }
  /// Streams with events.
  [[nodiscard]] std::uint64_t written_stream_count() const noexcept {
    return written_stream_count_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const MemoryStream& stream(std::uint64_t index) const noexcept {
    return *streams_[index];
  }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return arena_.size(); }

  // Writing.

  /// Seals and appends a batch, or checks one without events.
  /// Errors: LimitExceeded, InvalidArgument, VersionConflict, KeyReused, ShuttingDown,
  /// Unavailable (out of memory).
  [[nodiscard]] Result<WriteResult> append(const MemoryAppend& append);
  /// Refuses further batches.
  void close() noexcept;

 private:
  struct Prepared;
  struct Verdict;

  [[nodiscard]] std::uint64_t hash(std::string_view name) const noexcept;
  [[nodiscard]] MemoryStream* find(std::string_view id) const noexcept;

  void prepare(const WriteBatch& batch, Prepared& prepared);
  void copy_info(const BatchInfo& info, Prepared& prepared);
  [[nodiscard]] Verdict commit(const MemoryAppend& append, Prepared& prepared)
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Verdict judge(const MemoryAppend& append, const Prepared& prepared) const
      EVENTCORE_REQUIRES(mutex_);
  void make_room(const WriteBatch& batch, Prepared& prepared) EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] MemoryStream& create_stream(std::string_view id) EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] const MemoryType& intern(std::string_view name) EVENTCORE_REQUIRES(mutex_);
  void link(const WriteBatch& batch, Prepared& prepared, Timestamp time) noexcept
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] static Error conflict_of(const Verdict& verdict, const WriteBatch& batch);
  [[nodiscard]] static Result<WriteResult> result_of(const Verdict& verdict,
                                                     const MemoryAppend& append);

  const std::uint64_t seed_;  // keeps names that were chosen to collide from doing so
  MemoryArena arena_;
  HeadSignal signal_;

  // Written under the mutex, read without it as said in 1.
  NameTable<MemoryStream, &MemoryStream::id> streams_by_id_;
  NameTable<MemoryType, &MemoryType::name> types_by_name_;
  StableIndex<const StoredEvent*, 10> events_;  // element p - 1 has position p
  StableIndex<const MemoryStream*, 6> streams_;
  std::atomic<std::uint64_t> stream_count_ = 0;
  std::atomic<std::uint64_t> written_stream_count_ = 0;
  std::atomic<std::uint32_t> type_count_ = 0;

  SpinMutex mutex_;
  NameTable<StoredBatch, &StoredBatch::key> batches_by_key_ EVENTCORE_GUARDED_BY(mutex_);
  Timestamp last_time_ EVENTCORE_GUARDED_BY(mutex_){};
  bool closed_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::detail
