#pragma once

// The cells of all metrics of the process, and the blocks that threads own.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/detail/metric_cells.hpp"
#include "eventcore/detail/mutex.hpp"

namespace eventcore::observability::detail {

/// Hands out slots and blocks. There is one, because a thread has one block for all registries, and
/// it is never destroyed, because threads count until they end.
/// Thread-safety: Thread-safe.
class CellSpace {
 public:
  /// Cells of a block. Only what is touched takes memory.
  static constexpr std::uint32_t kCells = 1U << 21;

  [[nodiscard]] static CellSpace& get();

  CellSpace(const CellSpace&) = delete;
  CellSpace& operator=(const CellSpace&) = delete;

  /// Held by whatever changes registries, families and series, none of which is frequent. One for
  /// all, so that a fork can wait for it. Updates and the writing of pages don't take it.
  [[nodiscard]] eventcore::detail::Mutex& mutex() noexcept EVENTCORE_RETURN_CAPABILITY(mutex_) {
    return mutex_;
  }

  /// `cells` slots in a row whose cells are 0; nothing if there are no more.
  [[nodiscard]] std::optional<std::uint32_t> allocate(std::uint32_t cells)
      EVENTCORE_EXCLUDES(slots_mutex_);
  /// Takes slots back. Requires: nobody updates them any more.
  void release(std::uint32_t slot, std::uint32_t cells) noexcept EVENTCORE_EXCLUDES(slots_mutex_);

  /// The block whose cells all threads may write, as gauges do.
  [[nodiscard]] MetricCell* shared() const noexcept { return shared_; }
  /// All blocks that counters and histograms are written to.
  [[nodiscard]] std::vector<const MetricCell*> blocks() const;

  /// When this process began to count, if it is a fork of one that counted: the child's counters
  /// and histograms begin at 0, its gauges keep their values.
  [[nodiscard]] Timestamp forked_at() const noexcept {
    return Timestamp(std::chrono::nanoseconds(forked_at_ns_.load(std::memory_order_relaxed)));
  }
  /// Threads that got no block because memory had run out. They share one, and may lose updates.
  [[nodiscard]] std::uint64_t sharing_threads() const noexcept {
    return sharing_threads_.load(std::memory_order_relaxed);
  }

 private:
  struct Block {
    MetricCell* cells = nullptr;
    std::atomic<bool> is_owned = true;  // atomic: claimed by threads that begin
    Block* next = nullptr;
  };
  friend MetricCell* attach_thread() noexcept;

  CellSpace();
  MetricCell* attach() noexcept;
  Block* claim() noexcept;
  static void leave(void* block) noexcept;
  static void before_fork() noexcept;
  static void after_fork_in_parent() noexcept;
  static void after_fork_in_child() noexcept;

  MetricCell* const shared_;

  // Atomic: blocks are only ever added, and each stays.
  std::atomic<Block*> blocks_ = nullptr;
  std::atomic<std::int64_t> forked_at_ns_ = 0;      // atomic: written in a forked child
  std::atomic<std::uint64_t> sharing_threads_ = 0;  // atomic: counted by threads that begin

  eventcore::detail::Mutex mutex_;
  eventcore::detail::Mutex slots_mutex_;  // taken last
  std::uint32_t used_ EVENTCORE_GUARDED_BY(slots_mutex_) = 0;
  std::map<std::uint32_t, std::vector<std::uint32_t>> free_
      EVENTCORE_GUARDED_BY(slots_mutex_);  // by size
};

}  // namespace eventcore::observability::detail
