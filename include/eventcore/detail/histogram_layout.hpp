#pragma once

// How a histogram finds the cell of a value.
//
// The edges of its cells are the classic bounds of its description together with the exponential
// ones of Prometheus' native histograms at schema 3 (eight to an octave, error under 9 %). Each
// cell then lies in one classic and in one native bucket, so that both can be shown, exactly, from
// one count.
//
// A value's exponent and the upper four bits of its mantissa name a sixteenth of an octave. A table
// gives the first edge that it can lie at, and the few comparisons that follow find the cell.

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace eventcore::observability::detail {

/// Thread-safety: Immutable.
class HistogramLayout {
 public:
  static constexpr std::int32_t kSchema = 3;

  /// For classic `bounds`, which ascend; with exponential edges too if `native`. Values are
  /// recorded in units of `unit`: 1e-9 for nanoseconds of a metric in seconds.
  HistogramLayout(std::span<const double> bounds, bool native, double unit);

  /// The cell, from 0, that counts `value`. Requires: not not-a-number.
  [[nodiscard]] std::uint32_t cell_of(double value) const noexcept {
    const std::uint64_t part = (std::bit_cast<std::uint64_t>(value) >> kPartShift) - first_part_;
    if (part >= parts_) [[unlikely]]
      return search(value);
    std::uint32_t cell = first_edge_[part];
    cell += static_cast<std::uint32_t>(value > edge_[cell]);
    cell += static_cast<std::uint32_t>(value > edge_[cell]);
    while (value > edge_[cell]) [[unlikely]]
      ++cell;
    return cell;
  }

  /// Cells for values; one more is kept for their sum.
  [[nodiscard]] std::uint32_t value_cells() const noexcept {
    return static_cast<std::uint32_t>(classic_.size());
  }
  [[nodiscard]] std::size_t classic_buckets() const noexcept { return bounds_.size() + 1; }
  /// The classic bucket of a cell.
  [[nodiscard]] std::size_t classic_bucket(std::uint32_t cell) const noexcept {
    return classic_[cell];
  }
  [[nodiscard]] bool is_native() const noexcept { return !native_.empty(); }
  /// The native bucket of a cell; requires that it is not in the zero bucket.
  [[nodiscard]] std::int32_t native_bucket(std::uint32_t cell) const noexcept {
    return native_[cell];
  }
  /// Cells before this one are in the native zero bucket.
  [[nodiscard]] std::uint32_t zero_cells() const noexcept { return zero_cells_; }
  [[nodiscard]] double zero_threshold() const noexcept { return zero_threshold_; }
  [[nodiscard]] double unit() const noexcept { return unit_; }
  [[nodiscard]] bool fits(std::span<const double> bounds, bool native, double unit) const noexcept;

 private:
  static constexpr unsigned kPartShift = 48;  // leaves sign, exponent and 4 bits of the mantissa

  [[nodiscard]] std::uint32_t search(double value) const noexcept;
  void place_edges(bool native);
  void fill_parts();

  // What `cell_of` reads.
  std::uint64_t first_part_ = 0;
  std::uint64_t parts_ = 0;
  const std::uint16_t* first_edge_ = nullptr;
  const double* edge_ = nullptr;

  const double unit_;
  double zero_threshold_ = 0;
  std::uint32_t zero_cells_ = 0;
  std::vector<double> bounds_;  // classic, as described
  std::vector<double> edges_;   // in units of `unit_`, then infinity
  std::vector<std::uint16_t> parts_table_;
  std::vector<std::uint16_t> classic_;  // by cell
  std::vector<std::int32_t> native_;    // by cell
};

}  // namespace eventcore::observability::detail
