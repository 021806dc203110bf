#pragma once

/// \file
/// `MetricsSnapshot`: the values of all metrics of a registry at one moment, as plain data.
///
/// Exposition formats, the live monitor and tests read it. Series are taken one after the other
/// while writers go on, so two series may be an update apart.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventcore/clock.hpp"
#include "eventcore/observability/metric_description.hpp"

namespace eventcore::observability {

/// A distribution. `buckets[i]` counts values above bound i-1 and up to bound i; the last one has
/// no bound.
struct HistogramValue {
  std::vector<std::uint64_t> buckets;
  double sum = 0;

  [[nodiscard]] std::uint64_t count() const noexcept;

  friend bool operator==(const HistogramValue&, const HistogramValue&) = default;
};

/// One series.
struct SeriesSnapshot {
  std::shared_ptr<const std::vector<std::string>> label_values;  ///< In the family's order.
  double value = 0;                                              ///< Of a counter or gauge.
  HistogramValue histogram;
  Timestamp created{};  ///< Since when it counts.
};

/// One family; series in the order of their label values.
struct FamilySnapshot {
  std::shared_ptr<const MetricDescription> description;
  std::vector<SeriesSnapshot> series;
};

/// All families in the order of their names. Thread-safety: Immutable.
struct MetricsSnapshot {
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  std::vector<FamilySnapshot> families;

  [[nodiscard]] const FamilySnapshot* find(std::string_view name) const noexcept;
  /// The series with exactly `labels`, or null.
  [[nodiscard]] const SeriesSnapshot* find(std::string_view name, Labels labels) const noexcept;
  /// The value of a counter or gauge; nothing if there is no such series.
  [[nodiscard]] std::optional<double> value(std::string_view name, Labels labels = {}) const;
  /// The histogram of a series; an empty one if there is no such series.
  [[nodiscard]] HistogramValue histogram(std::string_view name, Labels labels = {}) const;
};

}  // namespace eventcore::observability
