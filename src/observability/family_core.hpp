#pragma once

// The compiled part of a metric family: its series, their limits and their snapshot.

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/observability/metric_handles.hpp"
#include "eventcore/observability/metrics_snapshot.hpp"

namespace eventcore::observability::detail {

/// One set of run-time label values: a row of points, one for each combination of the family's
/// fixed labels.
class Series {
 public:
  Series(const MetricDescription& description, std::vector<std::string> values, Timestamp created);

  [[nodiscard]] MetricPoint point() const noexcept { return first_; }
  [[nodiscard]] const std::vector<std::string>& values() const noexcept { return values_; }
  void append_to(FamilySnapshot& snapshot) const;

  // Guarded by the family's mutex.
  std::size_t leases = 0;
  bool permanent = false;

 private:
  void label_points(const MetricDescription& description);

  const std::vector<std::string> values_;
  const Timestamp created_;
  std::vector<std::shared_ptr<const SeriesLabels>> point_labels_;
  std::unique_ptr<MetricCell[]> cells_;
  MetricPoint first_;
};

/// Orders label values, held or viewed.
struct ValuesLess {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const noexcept {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  }
};

/// One family. Thread-safety: Thread-safe.
class FamilyCore {
 public:
  /// A family without run-time labels gets its series at once.
  FamilyCore(std::shared_ptr<const MetricDescription> description, const Clock& clock);

  [[nodiscard]] const MetricDescription& description() const noexcept { return *description_; }
  [[nodiscard]] std::size_t run_time_labels() const noexcept { return run_time_labels_; }

  /// The series for `values`, or the overflow series. A leased series goes with its last lease.
  [[nodiscard]] Series& acquire(std::span<const std::string_view> values, bool permanent)
      EVENTCORE_EXCLUDES(mutex_);
  void release(Series& series) noexcept EVENTCORE_EXCLUDES(mutex_);

  [[nodiscard]] FamilySnapshot snapshot() const EVENTCORE_EXCLUDES(mutex_);
  /// How often a series was asked for that is past a limit.
  [[nodiscard]] std::uint64_t overflowed() const noexcept {
    return overflowed_.load(std::memory_order_relaxed);
  }

 private:
  using Table = std::vector<std::shared_ptr<const Series>>;

  std::vector<std::string> bounded(std::span<const std::string_view> values)
      EVENTCORE_REQUIRES(mutex_);
  Series& create(std::vector<std::string> values) EVENTCORE_REQUIRES(mutex_);
  void publish() EVENTCORE_REQUIRES(mutex_);

  const std::shared_ptr<const MetricDescription> description_;
  const std::size_t run_time_labels_;
  const Clock& clock_;

  mutable eventcore::detail::Mutex mutex_;
  std::map<std::vector<std::string>, std::shared_ptr<Series>, ValuesLess> series_
      EVENTCORE_GUARDED_BY(mutex_);
  std::vector<std::map<std::string, std::size_t, std::less<>>> value_uses_
      EVENTCORE_GUARDED_BY(mutex_);  // by label: in how many series a value occurs
  std::shared_ptr<const Table> table_ EVENTCORE_GUARDED_BY(mutex_);  // replaced, never changed

  std::atomic<std::uint64_t> overflowed_ = 0;  // atomic: snapshots read it without the mutex
};

}  // namespace eventcore::observability::detail
