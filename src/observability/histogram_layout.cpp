#include "eventcore/detail/histogram_layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace eventcore::observability::detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kOctaveBuckets = 1 << HistogramLayout::kSchema;

// Exponential buckets reach from 12 octaves below the least bound to 24 above it: for latencies
// whose first bound is 50 µs from 7 ns to 512 s.
constexpr int kOctavesBelow = 12;
constexpr int kOctavesAbove = 24;

/// The upper bound of native bucket `index`.
double native_bound(int index) {
  const int octave = index >= 0 ? index / kOctaveBuckets : -((-index + 7) / kOctaveBuckets);
  const double within = static_cast<double>(index - octave * kOctaveBuckets) / kOctaveBuckets;
  return std::ldexp(std::exp2(within), octave);
}

/// The octaves, as exponents of 2, that exponential buckets cover.
std::pair<int, int> octaves_of(std::span<const double> bounds) {
  const auto positive =
      std::find_if(bounds.begin(), bounds.end(), [](double bound) { return bound > 0; });
  if (positive == bounds.end()) return {-kOctavesBelow, kOctavesAbove};
  const int least = std::clamp(std::ilogb(*positive), -960, 960);
  const int most = std::clamp(std::ilogb(bounds.back()) + 1, -960, 960);
  return {least - kOctavesBelow, std::max(least + kOctavesAbove, most)};
}

/// `bound` in recorded units; whole where the description means a whole number of them.
double in_units(double bound, double unit) {
  if (unit == 1) return bound;
  const double scaled = bound / unit;
  const double whole = std::round(scaled);
  return std::abs(scaled - whole) <= std::abs(scaled) * 1e-12 ? whole : scaled;
}

}  // namespace

HistogramLayout::HistogramLayout(std::span<const double> bounds, bool native, double unit)
    : unit_(unit), bounds_(bounds.begin(), bounds.end()) {
  place_edges(native);
  fill_parts();
}

/// Merges classic and native bounds into the edges, and notes which buckets each cell is in.
void HistogramLayout::place_edges(bool native) {
  std::map<double, int> natives;  // edge to native index
  const auto [low, high] = octaves_of(bounds_);
  if (native) {
    for (int index = low * kOctaveBuckets; index <= high * kOctaveBuckets; ++index) {
      natives.emplace(in_units(native_bound(index), unit_), index);
    }
    zero_threshold_ = native_bound(low * kOctaveBuckets);
  }
  for (const auto& [edge, index] : natives) edges_.push_back(edge);
  std::vector<double> classic;
  for (const double bound : bounds_) classic.push_back(in_units(bound, unit_));
  edges_.insert(edges_.end(), classic.begin(), classic.end());
  std::sort(edges_.begin(), edges_.end());
  edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
  edges_.push_back(kInfinity);
  for (const double edge : edges_) {
    const auto bucket = std::lower_bound(classic.begin(), classic.end(), edge) - classic.begin();
    classic_.push_back(static_cast<std::uint16_t>(bucket));
    if (!native) continue;
    const auto holder = natives.lower_bound(edge);
    // What is above all exponential buckets is shown in one more.
    native_.push_back(holder == natives.end() ? high * kOctaveBuckets + 1 : holder->second);
    if (edge <= natives.begin()->first) ++zero_cells_;
  }
}

/// Notes for each sixteenth of an octave the first edge that its values may lie at.
void HistogramLayout::fill_parts() {
  const bool is_whole = unit_ != 1;
  const auto key_of = [is_whole](double edge) -> std::uint64_t {
    if (edge <= 0) return 0;  // never compared: such values are searched for
    if (edge == kInfinity) return std::numeric_limits<std::uint64_t>::max();
    if (is_whole) return edge < 0x1p63 ? static_cast<std::uint64_t>(edge) : std::uint64_t{1} << 63;
    return std::bit_cast<std::uint64_t>(edge);
  };
  const auto part = [is_whole](double value) {
    return is_whole ? part_of(static_cast<std::uint64_t>(value))
                    : std::bit_cast<std::uint64_t>(value) >> kPartShift;
  };
  const auto least_of = [is_whole](std::uint64_t number) {
    if (!is_whole) return std::bit_cast<double>(number << kPartShift);
    return std::ldexp(static_cast<double>(16 + number % 16), static_cast<int>(number / 16) - 4);
  };
  for (const double edge : edges_) keys_.push_back(key_of(edge));
  keys_.insert(keys_.end(), 2, std::numeric_limits<std::uint64_t>::max());
  key_ = keys_.data();
  zero_cell_ = search(0);
  const auto first = std::find_if(edges_.begin(), edges_.end(), [is_whole](double edge) {
    return edge >= (is_whole ? 1 : 5e-324);
  });
  if (*first >= (is_whole ? 0x1p58 : kInfinity)) return;
  first_part_ = part(*first);
  // A table of so many parts covers any bounds that make sense; values beyond it are searched for.
  constexpr std::uint64_t kPartsMax = 2'048;
  const double last =
      is_whole ? std::min(edges_[edges_.size() - 2], 0x1p58) : edges_[edges_.size() - 2];
  parts_ = std::min(part(last) - first_part_ + 1, kPartsMax);
  for (std::uint64_t i = 0; i < parts_; ++i) {
    const std::uint32_t cell = search(least_of(first_part_ + i));
    const std::uint32_t next = search(least_of(first_part_ + i + 1));
    parts_table_.push_back({keys_[cell], keys_[cell + 1], cell, next > cell + 2});
  }
  part_ = parts_table_.data();
}

std::uint32_t HistogramLayout::search(double value) const noexcept {
  return static_cast<std::uint32_t>(std::lower_bound(edges_.begin(), edges_.end(), value) -
                                    edges_.begin());
}

bool HistogramLayout::fits(std::span<const double> bounds, bool native,
                           double unit) const noexcept {
  return native == is_native() && unit == unit_ &&
         std::equal(bounds.begin(), bounds.end(), bounds_.begin(), bounds_.end());
}

}  // namespace eventcore::observability::detail
