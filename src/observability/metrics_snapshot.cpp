#include "eventcore/observability/metrics_snapshot.hpp"

#include <algorithm>
#include <numeric>

namespace eventcore::observability {
namespace {

bool matches(const FamilySnapshot& family, const SeriesSnapshot& series,
             MetricsSnapshot::Labels labels) {
  const auto& descriptions = family.description->labels;
  if (labels.size() != descriptions.size()) return false;
  return std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    for (std::size_t i = 0; i < descriptions.size(); ++i) {
      if (descriptions[i].name == label.first) return series.labels->values[i] == label.second;
    }
    return false;
  });
}

}  // namespace

std::uint64_t HistogramValue::count() const noexcept {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

const FamilySnapshot* MetricsSnapshot::find(std::string_view name) const noexcept {
  for (const FamilySnapshot& family : families) {
    if (family.description->name == name) return &family;
  }
  return nullptr;
}

const SeriesSnapshot* MetricsSnapshot::find(std::string_view name, Labels labels) const noexcept {
  const FamilySnapshot* family = find(name);
  if (family == nullptr) return nullptr;
  for (const SeriesSnapshot& series : family->series) {
    if (matches(*family, series, labels)) return &series;
  }
  return nullptr;
}

std::optional<double> MetricsSnapshot::value(std::string_view name, Labels labels) const {
  const SeriesSnapshot* series = find(name, labels);
  if (series == nullptr) return std::nullopt;
  return series->value;
}

HistogramValue MetricsSnapshot::histogram(std::string_view name, Labels labels) const {
  const SeriesSnapshot* series = find(name, labels);
  const bool has_one = series != nullptr && series->histogram != nullptr;
  return has_one ? *series->histogram : HistogramValue{};
}

}  // namespace eventcore::observability
