#include "eventcore/prometheus_cpp_collectable.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <limits>
#include <utility>
#include <vector>

namespace eventcore::observability {
namespace {

prometheus::MetricType type_of(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::Counter:
      return prometheus::MetricType::Counter;
    case MetricKind::Histogram:
      return prometheus::MetricType::Histogram;
    case MetricKind::Gauge:
    case MetricKind::Info:
      break;
  }
  return prometheus::MetricType::Gauge;
}

prometheus::ClientMetric::Histogram histogram_of(const MetricDescription& description,
                                                 const HistogramValue& value) {
  prometheus::ClientMetric::Histogram histogram;
  for (std::size_t i = 0; i < value.buckets.size(); ++i) {
    histogram.sample_count += value.buckets[i];
    histogram.bucket.push_back(
        {histogram.sample_count, i < description.buckets.size()
                                     ? description.buckets[i]
                                     : std::numeric_limits<double>::infinity()});
  }
  histogram.sample_sum = value.sum;
  return histogram;
}

prometheus::ClientMetric metric_of(const MetricDescription& description,
                                   const SeriesSnapshot& series) {
  prometheus::ClientMetric metric;
  for (std::size_t i = 0; i < description.labels.size(); ++i) {
    metric.label.push_back({std::string(description.labels[i].name), series.labels->values[i]});
  }
  if (description.kind == MetricKind::Histogram) {
    metric.histogram = histogram_of(description, *series.histogram);
  } else if (description.kind == MetricKind::Counter) {
    metric.counter.value = series.value;
  } else {
    metric.gauge.value = description.kind == MetricKind::Info ? 1 : series.value;
  }
  return metric;
}

class ServiceCollectable final : public prometheus::Collectable {
 public:
  explicit ServiceCollectable(std::shared_ptr<const MetricsService> metrics)
      : metrics_(std::move(metrics)) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const FamilySnapshot& family : metrics_->registry().snapshot().families) {
      if (family.series.empty()) continue;
      const MetricDescription& description = *family.description;
      prometheus::MetricFamily& collected = families.emplace_back();
      collected.name = description.name;
      collected.help = description.help;
      collected.type = type_of(description.kind);
      collected.metric.reserve(family.series.size());
      for (const SeriesSnapshot& series : family.series) {
        collected.metric.push_back(metric_of(description, series));
      }
    }
    return families;
  }

 private:
  const std::shared_ptr<const MetricsService> metrics_;
};

}  // namespace

std::shared_ptr<prometheus::Collectable> prometheus_cpp_collectable(
    std::shared_ptr<const MetricsService> metrics) {
  return std::make_shared<ServiceCollectable>(std::move(metrics));
}

}  // namespace eventcore::observability
