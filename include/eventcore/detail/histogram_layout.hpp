#pragma once

// How a histogram finds the cell of a value.
//
// The edges of its cells are the classic bounds of its description together with the exponential
// ones of Prometheus' native histograms at schema 3 (eight to an octave, error under 9 %). Each
// cell then lies in one classic and in one native bucket, so that both can be shown, exactly, from
// one count.
//
// A value's leading bit and the four bits after it name a sixteenth of an octave. A table gives the
// first edge that it can lie at and the next one; comparing with both finds the cell. Values are
// compared as unsigned integers: whole units, or the bits of doubles, which have the same order
// where they are positive.

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

  /// The cell, from 0, that counts `value`. Requires: `unit` is 1; not not-a-number.
  [[nodiscard]] std::uint32_t cell_of(double value) const noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t part = (bits >> kPartShift) - first_part_;
    if (part < parts_) [[likely]]
      return advance(part, bits);
    return bits == 0 ? zero_cell_ : search(value);
  }
  /// The cell that counts `whole` units. Requires: `unit` is not 1.
  [[nodiscard]] std::uint32_t cell_of(std::uint64_t whole) const noexcept {
    const std::uint64_t part = part_of(whole) - first_part_;
    if (part < parts_) [[likely]]
      return advance(part, whole);
    return whole == 0 ? zero_cell_ : search(static_cast<double>(whole));
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

  /// The sixteenth of an octave that holds `whole`; for 0 one that no table begins with.
  static std::uint64_t part_of(std::uint64_t whole) noexcept {
    const auto octave = static_cast<unsigned>(std::bit_width(whole) - 1) & 63U;
    return std::uint64_t{octave} * 16 + ((whole << 4) >> octave) - 16;
  }
  [[nodiscard]] std::uint32_t advance(std::uint64_t part, std::uint64_t key) const noexcept {
    const Part& found = part_[part];
    std::uint32_t cell = found.cell + static_cast<std::uint32_t>(key > found.edge) +
                         static_cast<std::uint32_t>(key > found.next_edge);
    if (found.has_more) [[unlikely]] {
      while (key > key_[cell]) ++cell;
    }
    return cell;
  }
  [[nodiscard, gnu::cold]] std::uint32_t search(double value) const noexcept;
  void place_edges(bool native);
  void fill_parts();

  /// A sixteenth of an octave: the first cell that its values may be in, and where the next begin.
  struct Part {
    std::uint64_t edge;
    std::uint64_t next_edge;
    std::uint32_t cell;
    bool has_more;  // a third edge
  };

  // What `cell_of` reads.
  std::uint64_t first_part_ = 0;
  std::uint64_t parts_ = 0;
  const Part* part_ = nullptr;
  std::uint32_t zero_cell_ = 0;
  const std::uint64_t* key_ = nullptr;

  const double unit_;
  double zero_threshold_ = 0;
  std::uint32_t zero_cells_ = 0;
  std::vector<double> bounds_;       // classic, as described
  std::vector<double> edges_;        // in units of `unit_`, then infinity
  std::vector<std::uint64_t> keys_;  // the edges as they are compared, and two that nothing passes
  std::vector<Part> parts_table_;
  std::vector<std::uint16_t> classic_;  // by cell
  std::vector<std::int32_t> native_;    // by cell
};

}  // namespace eventcore::observability::detail
