#pragma once

/// \file
/// `Family` and `DynamicFamily`: metrics with labels.
///
/// A `Family` has labels that are enumerations: a series is found by index, and all of them exist
/// from the start. A `DynamicFamily` has labels whose values come at run time; it keeps a bounded
/// number of series and sends the rest to `__overflow__`. Bind such a series once and keep the
/// `Bound` beside the object that it describes; `with` finds it each time. A `StreamId` is no label
/// value.

#include <array>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "eventcore/observability/metric_handles.hpp"
#include "eventcore/stream_id.hpp"

namespace eventcore::observability {

namespace detail {

class FamilyCore;
class Series;

/// A counted claim on one series of a dynamic family; the last one to go removes the series.
class SeriesLease {
 public:
  SeriesLease(FamilyCore& family, std::span<const std::string_view> values);
  SeriesLease(SeriesLease&& other) noexcept
      : family_(std::exchange(other.family_, nullptr)), series_(other.series_) {}
  SeriesLease& operator=(SeriesLease&& other) noexcept {
    std::swap(family_, other.family_);
    std::swap(series_, other.series_);
    return *this;
  }
  ~SeriesLease();

  [[nodiscard]] const MetricPoint& point() const noexcept;

 private:
  FamilyCore* family_;
  Series* series_;
};

/// The series for `values`, which then stays. What a thread has resolved it finds without a lock.
[[nodiscard]] MetricPoint resolve(FamilyCore& family, std::span<const std::string_view> values);
void count_overflow(FamilyCore& family) noexcept;

}  // namespace detail

/// Text that may become a label value. Smallest type: `std::string_view`. A `StreamId` is none:
/// there are more streams than a label can have values. Label by category.
template <class T>
concept LabelText = std::convertible_to<const T&, std::string_view> &&
                    !std::same_as<std::remove_cvref_t<T>, StreamId>;

/// A handle for each combination of enumerators. `Metric` is a plain handle, as `Counter`.
/// Thread-safety: Thread-safe. Ownership: as its handles. Cost: index arithmetic.
template <class Metric, class... Labels>
class Family {
 public:
  static_assert(sizeof...(Labels) > 0, "a metric without labels is a plain handle");
  static constexpr MetricKind kKind = Metric::kKind;
  static constexpr bool kIsDuration = Metric::kIsDuration;
  static constexpr std::size_t kRunTimeLabels = 0;
  static constexpr std::array<LabelDescription, sizeof...(Labels)> kFixedLabels{
      label_of<Labels>...};

  explicit Family(const detail::MetricPoint& first) noexcept : first_(first) {}

  /// The handle for `labels`. Requires: each is a value of its `LabelDomain`.
  [[nodiscard]] Metric at(Labels... labels) const noexcept {
    std::size_t index = 0;
    ((index = index * std::size(LabelDomain<Labels>::values) + static_cast<std::size_t>(labels)),
     ...);
    return Metric(first_.at(index));
  }

 private:
  detail::MetricPoint first_;
};

/// A handle that keeps its series alive: when the last `Bound` for the same label values goes,
/// the series disappears from `/metrics`. Moves, does not copy.
/// Thread-safety: One thread at a time; its handle is thread-safe.
template <class Handle>
class Bound {
 public:
  explicit Bound(detail::SeriesLease lease) noexcept
      : lease_(std::move(lease)), handle_(lease_.point()) {}

  [[nodiscard]] const Handle& operator*() const noexcept { return handle_; }
  [[nodiscard]] const Handle* operator->() const noexcept { return &handle_; }

 private:
  detail::SeriesLease lease_;
  Handle handle_;
};

namespace detail {
template <class Metric, class... Labels>
struct HandleOf {
  using type = Family<Metric, Labels...>;
};
template <class Metric>
struct HandleOf<Metric> {
  using type = Metric;
};
}  // namespace detail

/// A metric with `RunTimeLabels` labels whose values come at run time, and then the enumerations
/// `Labels`. Thread-safety: Thread-safe. Ownership: must not outlive its registry.
template <class Metric, std::size_t RunTimeLabels, class... Labels>
class DynamicFamily {
 public:
  static_assert(RunTimeLabels > 0, "without run-time labels it is a Family");
  static constexpr MetricKind kKind = Metric::kKind;
  static constexpr bool kIsDuration = Metric::kIsDuration;
  static constexpr std::size_t kRunTimeLabels = RunTimeLabels;
  static constexpr std::array<LabelDescription, sizeof...(Labels)> kFixedLabels{
      label_of<Labels>...};

  /// What a series, or a row of series, is updated through.
  using Handle = typename detail::HandleOf<Metric, Labels...>::type;

  explicit DynamicFamily(detail::FamilyCore& core) noexcept : core_(&core) {}

  /// The series for `values`, kept as long as the result lives. Blocking: a short lock.
  template <LabelText... Values>
    requires(sizeof...(Values) == RunTimeLabels)
  [[nodiscard]] Bound<Handle> bind(const Values&... values) const {
    const std::array<std::string_view, RunTimeLabels> texts{std::string_view(values)...};
    return Bound<Handle>(detail::SeriesLease(*core_, texts));
  }

  /// The series for `values`, kept as long as the registry. Cost: a hash and a comparison of the
  /// values. Blocking: a short lock where the calling thread has not met them lately, and for
  /// values that go to the overflow series.
  template <LabelText... Values>
    requires(sizeof...(Values) == RunTimeLabels)
  [[nodiscard]] Handle with(const Values&... values) const {
    const std::array<std::string_view, RunTimeLabels> texts{std::string_view(values)...};
    return Handle(detail::resolve(*core_, texts));
  }

  /// Counts an update for values past the limits by a caller that keeps the handle of the overflow
  /// series and so does not ask for theirs. Cost: an atomic addition.
  void count_overflow() const noexcept { detail::count_overflow(*core_); }

 private:
  detail::FamilyCore* core_;
};

}  // namespace eventcore::observability
