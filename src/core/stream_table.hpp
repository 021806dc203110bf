#pragma once

/// \file
/// What an executor knows of streams: cached states, and what it has queued but not yet seen
/// committed. The executor's order mutex guards all of it.

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "append_node.hpp"
#include "eventcore/detail/boundary.hpp"

namespace eventcore::detail {

/// The cached states of one fold over one stream.
struct CachedFold {
  const FoldType* fold = nullptr;
  StreamVersion version;              ///< Of `state`, which is committed.
  std::shared_ptr<const void> state;  ///< Null: none.
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
///    its predecessor. So when one is rejected, all behind it are, and `pending` is cleared whole.
struct StreamSlot {
  explicit StreamSlot(std::string_view name) : id(name) {}

  std::string id;
  std::uint32_t pins = 0;  ///< Running attempts that point here.
  bool recently_used = true;
  std::vector<PendingWrite> pending;
  std::vector<CachedFold> folds;

  [[nodiscard]] CachedFold* find(const FoldType& fold) noexcept;
  [[nodiscard]] CachedFold& find_or_add(const FoldType& fold);
  /// Forgets everything queued.
  void drop_pending() noexcept;
};

/// All slots, bounded: unpinned ones without pending writes are dropped by the clock algorithm
/// (Corbató 1968). Thread-safety: One thread at a time.
class StreamTable {
 public:
  explicit StreamTable(std::size_t slots_max) : slots_max_(slots_max) {}

  /// The slot of `stream`, pinned.
  [[nodiscard]] StreamSlot& pin(std::string_view stream);
  void unpin(StreamSlot& slot) noexcept { --slot.pins; }
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }

 private:
  void evict_one();

  std::size_t slots_max_;
  std::unordered_map<std::string_view, std::size_t> index_;  // keys view the slots
  std::vector<std::unique_ptr<StreamSlot>> slots_;
  std::size_t hand_ = 0;
};

}  // namespace eventcore::detail
