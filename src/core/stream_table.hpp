#pragma once

/// \file
/// What an executor knows of streams: cached states, and what it has queued but not yet seen
/// committed. The executor's order mutex guards all of it.

#include <cstdint>
#include <memory>
#include <vector>

#include "append_node.hpp"
#include "eventcore/detail/boundary.hpp"

namespace eventcore::detail {

/// The cached states of one fold over one stream.
struct CachedFold {
  const FoldType* fold = nullptr;
  StreamVersion version;              ///< Of `state`, which is committed.
  std::shared_ptr<const void> state;  ///< Null: none.
  Position known_at;                  ///< `state` was the newest one there.
  bool is_behind = false;             ///< It came when the log had been followed past `known_at`.
  StreamVersion pending_version;
  std::shared_ptr<const void> pending;  ///< After everything queued; null: none.
};

/// Events of one queued operation on one stream.
struct PendingWrite {
  AppendNodePtr node;
  std::uint32_t stream = 0;  ///< Index in the node's batch.
  StreamVersion before;
  StreamVersion after;
};

/// One stream. Invariants:
/// 1. `pending` holds this executor's queued writes in queue order, each `before` the former
///    `after`.
/// 2. Every queued operation that was decided on a pending state names the last pending write as
///    its predecessor. So when one is rejected, all behind it are, and leave `pending` with it;
///    when one is stored, all before it are.
struct StreamSlot {
  explicit StreamSlot(const StreamId& stream) : id(stream) {}

  const StreamId id;
  std::uint32_t pins = 0;  ///< Running attempts that point here.
  bool recently_used = true;
  std::vector<PendingWrite> pending;

  [[nodiscard]] CachedFold* find(const FoldType& fold) noexcept {
    if (first_fold_.fold == &fold) return &first_fold_;
    return find_further(fold);
  }
  [[nodiscard]] CachedFold& find_or_add(const FoldType& fold);
  /// The newest version of a committed state; 0 if there is none.
  [[nodiscard]] StreamVersion newest_state() const noexcept;
  /// Forgets the states after what is queued.
  void drop_pending_states() noexcept;
  /// Calls `visit` for each committed state.
  template <class Visit>
  void visit_states(const Visit& visit) {
    if (first_fold_.state) visit(first_fold_);
    for (CachedFold& entry : further_folds_) {
      if (entry.state) visit(entry);
    }
  }

 private:
  [[nodiscard]] CachedFold* find_further(const FoldType& fold) noexcept;

  CachedFold first_fold_;  // most streams have no other
  std::vector<CachedFold> further_folds_;
};

/// All slots, bounded: unpinned ones without pending writes are dropped by the clock algorithm
/// (Corbató 1968). Thread-safety: One thread at a time.
class StreamTable {
 public:
  explicit StreamTable(std::size_t slots_max) : slots_max_(slots_max) {}

  /// Begins to load what `pin` looks at, so that the loads for several streams overlap.
  void prefetch(const StreamId& stream) const noexcept {
    if (!table_.empty()) __builtin_prefetch(&table_[home(stream.hash())]);
  }
  /// The slot of `stream`, pinned.
  [[nodiscard]] StreamSlot& pin(const StreamId& stream);
  void unpin(StreamSlot& slot) noexcept { --slot.pins; }
  /// The slot of the stream with this name, or null. Requires: `hash` is that of its `StreamId`.
  [[nodiscard]] StreamSlot* find(std::string_view stream, std::uint64_t hash) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }

 private:
  struct Entry {
    std::uint64_t hash = 0;
    StreamSlot* slot = nullptr;
  };

  [[nodiscard]] std::size_t home(std::uint64_t hash) const noexcept {
    return hash & (table_.size() - 1);
  }
  void insert(StreamSlot& slot) noexcept;
  void erase(const StreamSlot& slot) noexcept;
  void grow();
  void evict_one();

  std::size_t slots_max_;
  std::vector<Entry> table_;  // open addressing, linear, at most half full
  std::vector<std::unique_ptr<StreamSlot>> slots_;
  std::size_t hand_ = 0;
};

}  // namespace eventcore::detail
