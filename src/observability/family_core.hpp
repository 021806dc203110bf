#pragma once

// The compiled part of a metric family: its series, their limits and their snapshot.

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cell_space.hpp"
#include "eventcore/clock.hpp"
#include "eventcore/observability/metric_handles.hpp"
#include "eventcore/observability/metrics_snapshot.hpp"

namespace eventcore::observability::detail {

/// The blocks that values are added up from.
using Blocks = std::vector<const MetricCell*>;

/// What the points of a family have in common.
struct PointForm {
  std::shared_ptr<const HistogramLayout> layout;  // of a histogram
  std::size_t points = 1;                         // combinations of the fixed labels
  std::uint32_t point_cells = 1;

  [[nodiscard]] std::uint32_t cells() const noexcept {
    return static_cast<std::uint32_t>(points) * point_cells;
  }
};

/// Slots that belong to somebody, who gives them back.
class SlotLease {
 public:
  SlotLease(std::uint32_t first, std::uint32_t cells) noexcept : first_(first), cells_(cells) {}
  SlotLease(SlotLease&& other) noexcept
      : first_(other.first_), cells_(std::exchange(other.cells_, 0)) {}
  SlotLease& operator=(SlotLease&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(cells_, other.cells_);
    return *this;
  }
  ~SlotLease();

  /// Slots for one series of `form`, or nothing if the space is full.
  [[nodiscard]] static std::optional<SlotLease> take(const PointForm& form);
  [[nodiscard]] std::uint32_t first() const noexcept { return first_; }

 private:
  std::uint32_t first_;
  std::uint32_t cells_;
};

/// One set of run-time label values: a row of points, one for each combination of the family's
/// fixed labels. Its slots are free again when nobody holds it: a page that is being written may
/// hold a series that is gone.
class Series {
 public:
  Series(const MetricDescription& description, const PointForm& form, SlotLease slots,
         std::vector<std::string> values, Timestamp created);

  [[nodiscard]] const MetricPoint& point() const noexcept { return first_; }
  /// Of the run-time labels.
  [[nodiscard]] std::span<const std::string> values() const noexcept {
    return {point_labels_.front()->values.data(), run_time_labels_};
  }
  /// Adds the points to `snapshot`, each the sum over `blocks`.
  void append_to(FamilySnapshot& snapshot, const Blocks& blocks, bool native) const;

  // Guarded by the mutex of the space.
  std::size_t leases = 0;
  bool permanent = false;

 private:
  void label_points(const MetricDescription& description, std::vector<std::string> values);

  const SlotLease slots_;
  const Timestamp created_;
  const std::size_t run_time_labels_;
  std::vector<std::shared_ptr<const SeriesLabels>> point_labels_;
  std::unique_ptr<ExemplarShelf[]> exemplars_;  // of histograms
  MetricPoint first_;
};

/// Orders series by their label values, which can also be asked for.
struct ByValues {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const noexcept {
    return std::ranges::lexicographical_compare(values_of(a), values_of(b));
  }

 private:
  static std::span<const std::string> values_of(const std::shared_ptr<Series>& series) noexcept {
    return series->values();
  }
  template <class Values>
  static const Values& values_of(const Values& values) noexcept {
    return values;
  }
};

/// One family. Thread-safety: Thread-safe. Where it was registered is kept for messages.
class FamilyCore {
 public:
  /// Null if there are no cells left. Requires: the mutex of the space is held. A family without
  /// run-time labels gets its series at once, another one the slots of its overflow series.
  [[nodiscard]] static std::shared_ptr<FamilyCore> create(
      std::shared_ptr<const MetricDescription> description,
      std::shared_ptr<const HistogramLayout> layout, std::source_location where,
      const Clock& clock);

  FamilyCore(std::shared_ptr<const MetricDescription> description, PointForm form,
             SlotLease first_slots, std::source_location where, const Clock& clock);

  [[nodiscard]] const MetricDescription& description() const noexcept { return *description_; }
  [[nodiscard]] const std::source_location& where() const noexcept { return where_; }
  [[nodiscard]] std::size_t run_time_labels() const noexcept { return run_time_labels_; }
  /// Names the family for the life of the process, even when another has its address.
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }

  /// The series for `values`, or the overflow series. A leased series goes with its last lease.
  [[nodiscard]] Series& acquire(std::span<const std::string_view> values, bool permanent);
  void release(Series& series) noexcept;

  [[nodiscard]] FamilySnapshot snapshot(bool native) const;
  /// How often a series was asked for that is past a limit.
  void count_overflow() noexcept { overflowed_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t overflowed() const noexcept {
    return overflowed_.load(std::memory_order_relaxed);
  }
  /// The share of its limits that is used, by the one that is nearest; 0 without run-time labels.
  [[nodiscard]] double used_ratio() const noexcept;

 private:
  using Table = std::vector<std::shared_ptr<const Series>>;

  std::vector<std::string> bounded(std::span<const std::string_view> values)
      EVENTCORE_REQUIRES(mutex_);
  Series& find_or_make(std::vector<std::string> values) EVENTCORE_REQUIRES(mutex_);
  void publish() EVENTCORE_REQUIRES(mutex_);

  const std::shared_ptr<const MetricDescription> description_;
  const PointForm form_;
  const std::source_location where_;
  const std::size_t run_time_labels_;
  const std::uint64_t id_;
  const Clock& clock_;

  eventcore::detail::Mutex& mutex_ = CellSpace::get().mutex();
  std::set<std::shared_ptr<Series>, ByValues> series_ EVENTCORE_GUARDED_BY(mutex_);
  std::vector<std::map<std::string, std::size_t, std::less<>>> value_uses_
      EVENTCORE_GUARDED_BY(mutex_);  // by label: in how many series a value occurs
  // For the first series of a family without run-time labels, else for the overflow series.
  std::optional<SlotLease> first_slots_ EVENTCORE_GUARDED_BY(mutex_);
  std::shared_ptr<const Table> table_ EVENTCORE_GUARDED_BY(mutex_);  // replaced, never changed

  std::atomic<std::uint64_t> overflowed_ = 0;  // atomic: snapshots read it without the mutex
};

}  // namespace eventcore::observability::detail
