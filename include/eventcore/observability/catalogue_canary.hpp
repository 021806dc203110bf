#pragma once

/// \file
/// The catalogue: metrics of the event that a `Canary` writes on a schedule. They are there while
/// one is.

#include <array>

#include "eventcore/observability/catalogue_labels.hpp"

namespace eventcore::observability::catalogue {

inline constexpr std::array kByCanaryStage{label_of<CanaryStage>};

inline constexpr MetricDescription kCanaryVisibleSeconds{
    .name = "eventcore_canary_visible_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .buckets = kLatencyBuckets,
    .help = "Time from handing a canary's event to the store until it was read in the log.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCanaryProjectedSeconds{
    .name = "eventcore_canary_projected_seconds",
    .kind = MetricKind::Histogram,
    .unit = MetricUnit::Seconds,
    .labels = kByProjection,
    .buckets = kLatencyBuckets,
    .help =
        "Time from handing a canary's event to the store until the projection was past it; each "
        "event measures one of those that are watched.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCanaryFailuresTotal{
    .name = "eventcore_canary_failures_total",
    .labels = kByCanaryStage,
    .help = "Canaries that did not get that far in time, or at all.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCanaryLastSuccessTimestampSeconds{
    .name = "eventcore_canary_last_success_timestamp_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .across = Across::Min,
    .help =
        "When a canary's event was last read in the log, in seconds since 1970; before the first "
        "one, when the canary started.",
    .since = "0.1.0"};
inline constexpr MetricDescription kCanaryPeriodSeconds{
    .name = "eventcore_canary_period_seconds",
    .kind = MetricKind::Gauge,
    .unit = MetricUnit::Seconds,
    .across = Across::Max,
    .help = "How often a canary's event is written.",
    .since = "0.1.0"};

/// Those of this header, in the order of the reference page.
inline constexpr std::array kCanaryMetrics{
    &kCanaryVisibleSeconds, &kCanaryProjectedSeconds, &kCanaryFailuresTotal,
    &kCanaryLastSuccessTimestampSeconds, &kCanaryPeriodSeconds};

}  // namespace eventcore::observability::catalogue
