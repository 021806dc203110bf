#pragma once

/// \file
/// `Counter`, `Gauge` and `Histogram`: handles that update one series.
///
/// A handle is resolved once, by `MetricRegistry::add` or a family, and kept where it is used;
/// it is small and copied freely. Updates take no lock, allocate nothing and never fail. There is
/// no way to read through a handle: values are read from `MetricRegistry::snapshot`, which adds up
/// what all threads have written. The usual mistake is to resolve a handle for each update.

#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability {

namespace detail {

using MetricCell = std::atomic<std::uint64_t>;

/// Where one series keeps its numbers: a counter or gauge in one cell, a histogram its sum and
/// then one cell for each bucket.
struct MetricPoint {
  MetricCell* cells = nullptr;
  const double* bounds = nullptr;
  std::size_t bounds_count = 0;

  [[nodiscard]] std::size_t cell_count() const noexcept {
    return bounds == nullptr ? 1 : bounds_count + 2;
  }
  /// The point `index` places further in an array of points of this form.
  [[nodiscard]] MetricPoint at(std::size_t index) const noexcept {
    return {cells + index * cell_count(), bounds, bounds_count};
  }
};

inline void add_double(MetricCell& cell, double amount) noexcept {
  std::uint64_t seen = cell.load(std::memory_order_relaxed);
  while (!cell.compare_exchange_weak(
      seen, std::bit_cast<std::uint64_t>(std::bit_cast<double>(seen) + amount),
      std::memory_order_relaxed)) {
  }
}

}  // namespace detail

/// A number that only grows, of a registry. Thread-safety: Thread-safe. Ownership: must not
/// outlive its registry, nor the `Bound` it was taken from. Cost: one atomic addition.
class Counter {
 public:
  static constexpr MetricKind kKind = MetricKind::Counter;

  explicit Counter(detail::MetricPoint point) noexcept : cell_(point.cells) {}

  void add(std::uint64_t count) const noexcept {
    cell_->fetch_add(count, std::memory_order_relaxed);
  }
  void increment() const noexcept { add(1); }

 private:
  detail::MetricCell* cell_;
};

/// A number that goes up and down. Thread-safety: Thread-safe; of concurrent `set`s one stays.
/// Ownership: as `Counter`. Cost: one atomic store, or a compare-and-swap for `add`.
class Gauge {
 public:
  static constexpr MetricKind kKind = MetricKind::Gauge;

  explicit Gauge(detail::MetricPoint point) noexcept : cell_(point.cells) {}

  void set(double value) const noexcept {
    cell_->store(std::bit_cast<std::uint64_t>(value), std::memory_order_relaxed);
  }
  /// Adds `amount`, which may be negative.
  void add(double amount) const noexcept { detail::add_double(*cell_, amount); }

 private:
  detail::MetricCell* cell_;
};

/// A distribution over the buckets of its description. Thread-safety: Thread-safe.
/// Ownership: as `Counter`. Cost: two atomic additions and a search over the bounds.
class Histogram {
 public:
  static constexpr MetricKind kKind = MetricKind::Histogram;

  explicit Histogram(detail::MetricPoint point) noexcept : point_(point) {}

  /// Counts `value` in the first bucket whose bound is not less. Not-a-number is left out.
  void record(double value) const noexcept {
    if (value != value) return;
    std::size_t bucket = 0;
    while (bucket < point_.bounds_count && value > point_.bounds[bucket]) ++bucket;
    point_.cells[1 + bucket].fetch_add(1, std::memory_order_relaxed);
    if (value != 0) detail::add_double(point_.cells[0], value);
  }
  /// Counts a duration in seconds; a negative one, from a clock that stepped, as 0.
  void record(std::chrono::nanoseconds duration) const noexcept {
    // Divided, not multiplied: only so does a duration at a bound land in that bound's bucket.
    record(duration.count() <= 0 ? 0.0 : static_cast<double>(duration.count()) / 1e9);
  }

 private:
  detail::MetricPoint point_;
};

}  // namespace eventcore::observability
