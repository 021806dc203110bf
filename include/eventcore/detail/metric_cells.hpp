#pragma once

// Where handles of metrics write.
//
// Each thread owns a block of cells and is the only one that writes there: an update is a load, an
// addition and a store without a locked instruction or a shared cache line. A series has the same
// slot in each block, and its value is the sum over all blocks. A block outlives its thread with
// all that was counted in it, and goes to the next thread that needs one: nothing is lost or moved.
//
// Source of the idea: thread-local counters as in P. McKenney, "Is Parallel Programming Hard",
// chapter 5.2, "Array-Based Per-Thread Counters Implementation".

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "eventcore/detail/exemplar_shelf.hpp"

namespace eventcore::observability::detail {

class HistogramLayout;

using MetricCell = std::atomic<std::uint64_t>;

/// The calling thread's block; null before its first update and while it ends. The model is the
/// one with the cheapest access, and needs 8 bytes where the library is loaded at run time.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local MetricCell* thread_cells = nullptr;

/// Gives the calling thread a block.
[[nodiscard, gnu::cold]] MetricCell* attach_thread() noexcept;

/// The cell of `slot` that the calling thread may write.
[[nodiscard]] inline MetricCell& own_cell(std::uint32_t slot) noexcept {
  MetricCell* cells = thread_cells;
  if (cells == nullptr) [[unlikely]]
    cells = attach_thread();
  return cells[slot];
}

/// Adds to a cell that nobody else writes.
inline void add_to(MetricCell& cell, std::uint64_t amount) noexcept {
  cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

/// Where one series keeps its numbers.
struct MetricPoint {
  std::uint32_t slot = 0;        ///< A histogram's sum, and then its buckets; or one number.
  std::uint32_t stride = 1;      ///< Cells of a point.
  MetricCell* shared = nullptr;  ///< Of a gauge, which has one cell for all threads.
  const HistogramLayout* layout = nullptr;  ///< Of a histogram.
  ExemplarShelf* exemplars = nullptr;       ///< Of a histogram.

  /// The point `index` places further in an array of points of this form.
  [[nodiscard]] MetricPoint at(std::size_t index) const noexcept {
    return {slot + static_cast<std::uint32_t>(index) * stride, stride,
            shared == nullptr ? nullptr : shared + index, layout,
            exemplars == nullptr ? nullptr : exemplars + index};
  }
};

}  // namespace eventcore::observability::detail
