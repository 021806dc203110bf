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
#include "eventcore/trace_context.hpp"

namespace eventcore::observability {

/// One observation that belongs to a trace.
struct Exemplar {
  TraceContext trace;
  double value = 0;
  Timestamp at{};

  friend bool operator==(const Exemplar&, const Exemplar&) = default;
};

/// The exemplar of one bucket.
struct BucketExemplar {
  std::size_t bucket = 0;  ///< An index into `HistogramValue::buckets`.
  Exemplar exemplar;

  friend bool operator==(const BucketExemplar&, const BucketExemplar&) = default;
};

/// A distribution over exponential buckets, as Prometheus' native histograms: bucket `index` counts
/// values above `2^((index - 1) / 2^schema)` and up to `2^(index / 2^schema)`.
struct NativeHistogram {
  struct Bucket {
    std::int32_t index = 0;
    std::uint64_t count = 0;

    friend bool operator==(const Bucket&, const Bucket&) = default;
  };

  std::int32_t schema = 0;
  double zero_threshold = 0;  ///< Values up to it, negative ones too, are in the zero bucket.
  std::uint64_t zero_count = 0;
  std::vector<Bucket> buckets;  ///< Those that are not empty, by index.

  friend bool operator==(const NativeHistogram&, const NativeHistogram&) = default;
};

/// A distribution. `buckets[i]` counts values above bound i-1 and up to bound i; the last one has
/// no bound.
struct HistogramValue {
  std::vector<std::uint64_t> buckets;
  double sum = 0;
  std::optional<NativeHistogram> native;  ///< Where asked for and the metric has it.
  std::vector<BucketExemplar> exemplars;  ///< By bucket, at most one each.

  [[nodiscard]] std::uint64_t count() const noexcept;

  friend bool operator==(const HistogramValue&, const HistogramValue&) = default;
};

/// The labels of one series, made once.
struct SeriesLabels {
  std::vector<std::string> values;  ///< In the family's order.
  /// As it stands between the braces of an exposition format: `a="1",b="2"`, escaped.
  std::string text;
};

/// One series.
struct SeriesSnapshot {
  std::shared_ptr<const SeriesLabels> labels;       ///< Never null.
  double value = 0;                                 ///< Of a counter or gauge.
  std::shared_ptr<const HistogramValue> histogram;  ///< Of a histogram, and then never null.
  Timestamp created{};                              ///< Since when it counts.
};

/// One family; series in the order of their label values.
struct FamilySnapshot {
  std::shared_ptr<const MetricDescription> description;
  std::vector<SeriesSnapshot> series;
};

/// What a snapshot is to hold.
struct SnapshotRequest {
  std::vector<std::string> names = {};  ///< Families to take; all if empty.
  bool native = false;                  ///< Whether histograms show their exponential buckets.
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
