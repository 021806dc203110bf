#pragma once

// Snapshots made by hand, for the tests of what is written from them.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eventcore/observability/metrics_snapshot.hpp"
#include "label_text.hpp"

namespace eventcore::observability {

inline constexpr Timestamp kCreated{std::chrono::milliseconds(1'700'000'000'250)};
inline constexpr LabelDescription kByColor[] = {{"color"}};
inline constexpr double kTestBounds[] = {0.005, 1, 2.5};

inline constexpr MetricDescription kOrders{
    .name = "orders_total", .labels = kByColor, .help = "Orders of a \"color\"."};
inline constexpr MetricDescription kSize{
    .name = "size_bytes", .kind = MetricKind::Gauge, .unit = MetricUnit::Bytes, .help = "Size."};
inline constexpr MetricDescription kWait{.name = "wait_seconds",
                                         .kind = MetricKind::Histogram,
                                         .unit = MetricUnit::Seconds,
                                         .labels = kByColor,
                                         .buckets = kTestBounds,
                                         .help = "Waits."};
inline constexpr MetricDescription kBuild{
    .name = "build_info", .kind = MetricKind::Info, .labels = kByColor, .help = "Build."};

inline SeriesSnapshot made_series(const MetricDescription& description,
                                  std::vector<std::string> labels, double value = 0) {
  SeriesSnapshot series;
  series.labels = detail::make_labels(description, std::move(labels));
  series.value = value;
  series.created = kCreated;
  return series;
}

inline SeriesSnapshot made_histogram(const MetricDescription& description,
                                     std::vector<std::string> labels, HistogramValue histogram) {
  SeriesSnapshot series = made_series(description, std::move(labels));
  series.histogram = std::make_shared<HistogramValue>(std::move(histogram));
  return series;
}

/// Requires: `description` is a constant.
inline FamilySnapshot made_family(const MetricDescription& description,
                                  std::vector<SeriesSnapshot> series) {
  return {{std::shared_ptr<void>(), &description}, std::move(series)};
}

inline Exemplar made_exemplar(double value) {
  return {*TraceContext::parse("00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01"), value,
          kCreated + std::chrono::seconds(7)};
}

/// A family of each kind; the histogram has all that there is.
inline MetricsSnapshot made_snapshot() {
  HistogramValue waits{{1, 0, 2, 1}, 9.25, NativeHistogram{3, 1e-9, 1, {{-4, 2}, {-3, 1}}}, {}};
  waits.exemplars = {{2, made_exemplar(2.25)}};
  MetricsSnapshot snapshot;
  snapshot.families = {made_family(kBuild, {made_series(kBuild, {"blue"}, 1)}),
                       made_family(kOrders, {made_series(kOrders, {"green"}, 12'345'678'901),
                                             made_series(kOrders, {"red"}, 0)}),
                       made_family(kSize, {made_series(kSize, {}, -1.5)}),
                       made_family(kWait, {made_histogram(kWait, {"red"}, waits)})};
  return snapshot;
}

}  // namespace eventcore::observability
