#pragma once

/// \file
/// `MetricsDelta`: what changed in a registry; for tests.
///
///     const MetricsDelta delta(metrics->registry());
///     register_user("ada");
///     EXPECT_EQ(delta.of("shop_signups_total"), 1);
///
/// Tests that compare totals break when another test counts too; changes don't.

#include <string_view>

#include "eventcore/observability/metric_registry.hpp"

namespace eventcore::observability {

/// Changes since its construction. Thread-safety: Immutable. Ownership: the registry must outlive
/// it.
class MetricsDelta {
 public:
  explicit MetricsDelta(const MetricRegistry& registry)
      : registry_(registry), before_(registry.snapshot()) {}

  /// By how much a counter or gauge has risen, or the observations of a histogram; a series that
  /// was not there counts from 0. Not-a-number if there is no such series now.
  [[nodiscard]] double of(std::string_view name, MetricsSnapshot::Labels labels = {}) const;
  /// By how much the sum of a histogram has risen. As `of` otherwise.
  [[nodiscard]] double sum_of(std::string_view name, MetricsSnapshot::Labels labels = {}) const;

 private:
  const MetricRegistry& registry_;
  const MetricsSnapshot before_;
};

}  // namespace eventcore::observability
