#include "eventcore/observability/metrics_delta.hpp"

#include <limits>

namespace eventcore::observability {
namespace {

double level(const SeriesSnapshot& series) {
  return series.histogram ? static_cast<double>(series.histogram->count()) : series.value;
}

double sum(const SeriesSnapshot& series) { return series.histogram ? series.histogram->sum : 0; }

double difference(const SeriesSnapshot* now, const SeriesSnapshot* before,
                  double (*value)(const SeriesSnapshot&)) {
  if (now == nullptr) return std::numeric_limits<double>::quiet_NaN();
  return value(*now) - (before == nullptr ? 0 : value(*before));
}

}  // namespace

double MetricsDelta::of(std::string_view name, MetricsSnapshot::Labels labels) const {
  const MetricsSnapshot now = registry_.snapshot();
  return difference(now.find(name, labels), before_.find(name, labels), level);
}

double MetricsDelta::sum_of(std::string_view name, MetricsSnapshot::Labels labels) const {
  const MetricsSnapshot now = registry_.snapshot();
  return difference(now.find(name, labels), before_.find(name, labels), sum);
}

}  // namespace eventcore::observability
