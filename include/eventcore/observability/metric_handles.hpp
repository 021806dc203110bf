#pragma once

/// \file
/// `Counter`, `Gauge`, `Histogram` and their like: handles that update one series.
///
/// A handle is resolved once, by `MetricRegistry::add` or a family, and kept where it is used;
/// it is small and copied freely. Updates take no lock, allocate nothing and never fail. Counters
/// and histograms write cells that belong to the calling thread, so threads don't slow each other
/// down. There is no way to read through a handle: values are read from
/// `MetricRegistry::snapshot`, which adds up what all threads have written.
///
/// Usual mistakes: to resolve a handle for each update; to update from a signal handler, which may
/// undo what its thread was adding.

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "eventcore/clock.hpp"
#include "eventcore/detail/histogram_layout.hpp"
#include "eventcore/detail/metric_cells.hpp"
#include "eventcore/observability/metric_description.hpp"
#include "eventcore/trace_context.hpp"

namespace eventcore::observability {

/// A number that only grows, of a registry. Thread-safety: Thread-safe. Ownership: must not
/// outlive its registry, nor the `Bound` it was taken from. Cost: about 1 ns, whatever other
/// threads do.
class Counter {
 public:
  static constexpr MetricKind kKind = MetricKind::Counter;
  static constexpr bool kIsDuration = false;

  explicit Counter(const detail::MetricPoint& point) noexcept : slot_(point.slot) {}

  void add(std::uint64_t count) const noexcept { detail::add_to(detail::own_cell(slot_), count); }
  void increment() const noexcept { add(1); }

 private:
  std::uint32_t slot_;
};

/// A total of durations, of a metric in seconds. As `Counter`, but exact to the nanosecond.
class DurationCounter {
 public:
  static constexpr MetricKind kKind = MetricKind::Counter;
  static constexpr bool kIsDuration = true;

  explicit DurationCounter(const detail::MetricPoint& point) noexcept : slot_(point.slot) {}

  /// Adds `duration`; a negative one, from a clock that stepped, adds nothing.
  void add(std::chrono::nanoseconds duration) const noexcept {
    if (duration.count() <= 0) return;
    detail::add_to(detail::own_cell(slot_), static_cast<std::uint64_t>(duration.count()));
  }

 private:
  std::uint32_t slot_;
};

/// A number that goes up and down. Thread-safety: Thread-safe; of concurrent `set`s one stays.
/// Ownership: as `Counter`. Cost: one store to a cell that all threads share, or a
/// compare-and-swap for `add`.
class Gauge {
 public:
  static constexpr MetricKind kKind = MetricKind::Gauge;
  static constexpr bool kIsDuration = false;

  explicit Gauge(const detail::MetricPoint& point) noexcept : cell_(point.shared) {}

  void set(double value) const noexcept {
    cell_->store(std::bit_cast<std::uint64_t>(value), std::memory_order_relaxed);
  }
  /// Adds `amount`, which may be negative.
  void add(double amount) const noexcept {
    std::uint64_t seen = cell_->load(std::memory_order_relaxed);
    while (!cell_->compare_exchange_weak(
        seen, std::bit_cast<std::uint64_t>(std::bit_cast<double>(seen) + amount),
        std::memory_order_relaxed)) {
    }
  }

 private:
  detail::MetricCell* cell_;
};

/// A distribution of numbers. Values are counted exactly in the buckets of the description and in
/// exponential ones. While the thread is in a sampled trace (see `TraceScope`), the bucket
/// remembers it as its exemplar. Thread-safety: Thread-safe. Ownership: as `Counter`.
/// Cost: about 5 ns, whatever other threads do; 20 ns in a sampled trace.
class Histogram {
 public:
  static constexpr MetricKind kKind = MetricKind::Histogram;
  static constexpr bool kIsDuration = false;

  explicit Histogram(const detail::MetricPoint& point) noexcept
      : layout_(point.layout), exemplars_(point.exemplars), slot_(point.slot) {}

  /// Counts `value` in the first bucket whose bound is not less. Not-a-number is left out.
  void record(double value) const noexcept { record(value, current_trace()); }
  /// The same on behalf of `trace`.
  void record(double value, const TraceContext& trace) const noexcept {
    if (value != value) return;
    const std::uint32_t bucket = layout_->cell_of(value);
    detail::MetricCell* const cells = &detail::own_cell(slot_);
    detail::add_to(cells[1 + bucket], 1);
    const double sum = std::bit_cast<double>(cells[0].load(std::memory_order_relaxed));
    cells[0].store(std::bit_cast<std::uint64_t>(sum + value), std::memory_order_relaxed);
    if (trace.is_sampled()) [[unlikely]] {
      exemplars_->offer(layout_->classic_buckets(), layout_->classic_bucket(bucket), value, trace);
    }
  }

 private:
  const detail::HistogramLayout* layout_;
  detail::ExemplarShelf* exemplars_;
  std::uint32_t slot_;
};

/// A distribution of durations, of a metric in seconds. As `Histogram`, but its sum is exact to
/// the nanosecond.
class DurationHistogram {
 public:
  static constexpr MetricKind kKind = MetricKind::Histogram;
  static constexpr bool kIsDuration = true;

  explicit DurationHistogram(const detail::MetricPoint& point) noexcept
      : layout_(point.layout), exemplars_(point.exemplars), slot_(point.slot) {}

  /// Counts `duration`; a negative one, from a clock that stepped, as 0.
  void record(std::chrono::nanoseconds duration) const noexcept {
    record(duration, current_trace());
  }
  /// The same on behalf of `trace`.
  void record(std::chrono::nanoseconds duration, const TraceContext& trace) const noexcept {
    const auto ns = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
    const std::uint32_t bucket = layout_->cell_of(ns);
    detail::MetricCell* const cells = &detail::own_cell(slot_);
    detail::add_to(cells[1 + bucket], 1);
    detail::add_to(cells[0], ns);
    if (trace.is_sampled()) [[unlikely]] {
      exemplars_->offer(layout_->classic_buckets(), layout_->classic_bucket(bucket),
                        static_cast<double>(ns) / 1e9, trace);
    }
  }

 private:
  const detail::HistogramLayout* layout_;
  detail::ExemplarShelf* exemplars_;
  std::uint32_t slot_;
};

/// Records how long it lived. Thread-safety: Confined to its creating thread.
/// Cost: two reads of the clock and the record.
///
///     const ScopedTimer timer(import_seconds);
class ScopedTimer {
 public:
  explicit ScopedTimer(DurationHistogram histogram, const Clock& clock = system_clock()) noexcept
      : histogram_(histogram), clock_(clock), began_(clock.now()) {}
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;
  ~ScopedTimer() {
    if (is_recording_) histogram_.record(elapsed());
  }

  [[nodiscard]] std::chrono::nanoseconds elapsed() const noexcept { return clock_.now() - began_; }
  /// Records nothing in the end.
  void cancel() noexcept { is_recording_ = false; }

 private:
  DurationHistogram histogram_;
  const Clock& clock_;
  Instant began_;
  bool is_recording_ = true;
};

}  // namespace eventcore::observability
