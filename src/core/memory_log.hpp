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
#include "eventcore/event_store.hpp"
#include "interned_names.hpp"
#include "memory_arena.hpp"
#include "memory_batch.hpp"
#include "name_table.hpp"
#include "spin_mutex.hpp"
#include "stable_index.hpp"

namespace eventcore::detail {

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
  [[nodiscard]] const MemoryEvent& event(Position position) const noexcept {
    return *events_[position.value - 1];
  }
  /// Null for a stream that had no event at a head that the caller has seen before.
  [[nodiscard]] MemoryStream* find_stream(const StreamId& id) const noexcept {
    return streams_by_id_.find(id.view(), id.hash());
  }
  /// The version of `stream` when the head was `at`.
  [[nodiscard]] static StreamVersion version_at(const MemoryStream& stream, Position at) noexcept;
  [[nodiscard]] const InternedNames& types() const noexcept { return types_; }
  [[nodiscard]] std::string_view command_type_of(const MemoryBatch& batch) const noexcept {
    return batch.command_type == 0 ? std::string_view() : command_types_.name(batch.command_type);
  }
  /// Every stream, in the order of creation; those without events too.
  [[nodiscard]] std::uint64_t stream_count() const noexcept {
    return stream_count_.load(std::memory_order_acquire);
  }
  [[nodiscard]] const MemoryStream& stream(std::uint64_t index) const noexcept {
    return *streams_[index];
  }
  /// Streams with events.
  [[nodiscard]] std::uint64_t written_stream_count() const noexcept {
    return written_stream_count_.load(std::memory_order_relaxed);
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

  [[nodiscard]] std::uint64_t hash(std::string_view name) const noexcept {
    return hash_text(name, seed_);
  }

  void prepare(const WriteBatch& batch, Prepared& prepared);
  [[nodiscard]] Verdict commit(const MemoryAppend& append, Prepared& prepared)
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Verdict judge(const MemoryAppend& append, const Prepared& prepared) const
      EVENTCORE_REQUIRES(mutex_);
  void make_room(const WriteBatch& batch, Prepared& prepared) EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] MemoryStream& create_stream(const StreamId& id) EVENTCORE_REQUIRES(mutex_);
  void link(const WriteBatch& batch, Prepared& prepared, Timestamp time) noexcept
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] Result<WriteResult> result_of(const Verdict& verdict,
                                              const MemoryAppend& append) const;
  [[nodiscard]] Error conflict_of(const Verdict& verdict, const WriteBatch& batch) const;

  const std::uint64_t seed_;  // keeps names that were chosen to collide from doing so
  MemoryArena arena_;
  HeadSignal signal_;

  // Written under the mutex, read without it as said in 1.
  NameTable<MemoryStream, &MemoryStream::id> streams_by_id_;
  InternedNames types_;
  InternedNames command_types_;
  StableIndex<const MemoryEvent*> events_;  // element p - 1 has position p
  StableIndex<const MemoryStream*> streams_;
  std::atomic<std::uint64_t> stream_count_ = 0;
  std::atomic<std::uint64_t> written_stream_count_ = 0;

  SpinMutex mutex_;
  NameTable<const MemoryBatch, &MemoryBatch::key> batches_by_key_ EVENTCORE_GUARDED_BY(mutex_);
  Timestamp last_time_ EVENTCORE_GUARDED_BY(mutex_){};
  bool closed_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::detail
