#pragma once

/// \file
/// `Info`: the handle of a metric whose labels are what it has to say, such as a version.
///
/// It has nothing to update: a series is 1 as long as it is there. Where labels can change, bind
/// the series and replace the `Bound`; see `DynamicFamily::bind`.

#include "eventcore/observability/metric_handles.hpp"

namespace eventcore::observability {

/// A series that is 1. Thread-safety: Immutable. Ownership: as `Counter`.
class Info {
 public:
  static constexpr MetricKind kKind = MetricKind::Info;
  static constexpr bool kIsDuration = false;

  explicit Info(const detail::MetricPoint& point) noexcept { Gauge(point).set(1); }
};

}  // namespace eventcore::observability
