#include "process_look.hpp"
#include "words.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace eventcore::cli::doctor {

using observability::FamilySnapshot;
using observability::MetricKind;
using observability::MetricsSnapshot;
using observability::SeriesSnapshot;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

ProcessLook::Labels labels_of(const FamilySnapshot& family, const SeriesSnapshot& series) {
  ProcessLook::Labels labels;
  for (std::size_t i = 0; i < family.description->labels.size(); ++i) {
    labels.emplace(family.description->labels[i].name, series.labels->values[i]);
  }
  return labels;
}

bool includes(const ProcessLook::Labels& labels, const ProcessLook::Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& pair) {
    const auto found = labels.find(pair.first);
    return found != labels.end() && found->second == pair.second;
  });
}

const SeriesSnapshot* find(const FamilySnapshot* family, const std::vector<std::string>& values) {
  if (family == nullptr) return nullptr;
  const auto found =
      std::find_if(family->series.begin(), family->series.end(),
                   [&](const SeriesSnapshot& each) { return each.labels->values == values; });
  return found == family->series.end() ? nullptr : &*found;
}

}  // namespace

std::string_view Row::label(std::string_view name) const {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

double WindowHistogram::count() const { return std::accumulate(counts.begin(), counts.end(), 0.0); }

double WindowHistogram::quantile(double q) const {
  const double all = count();
  if (all <= 0 || bounds.empty()) return kNone;
  const double rank = q * all;
  double below = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (below + counts[i] < rank) {
      below += counts[i];
      continue;
    }
    const double lower = i == 0 ? 0 : bounds[i - 1];
    return counts[i] == 0 ? lower : lower + (bounds[i] - lower) * (rank - below) / counts[i];
  }
  return bounds.back();
}

ProcessLook::ProcessLook(std::string url, MetricsSnapshot before, MetricsSnapshot after,
                         double seconds, Timestamp now)
    : url_(std::move(url)),
      before_(std::move(before)),
      after_(std::move(after)),
      seconds_(seconds),
      now_(seconds_of(now.time_since_epoch())) {}

std::vector<Row> ProcessLook::rows(const MetricDescription& family, const Labels& wanted) const {
  std::vector<Row> rows;
  const FamilySnapshot* const after = after_.find(family.name);
  const FamilySnapshot* const before = before_.find(family.name);
  if (after == nullptr) return rows;
  for (const SeriesSnapshot& series : after->series) {
    Row row{.labels = labels_of(*after, series), .value = series.value};
    if (!includes(row.labels, wanted)) continue;
    const SeriesSnapshot* const then = find(before, series.labels->values);
    row.is_new = then == nullptr;
    // A counter that is new has begun at zero.
    const double start = then != nullptr ? then->value : 0;
    row.rise = then == nullptr && family.kind != MetricKind::Counter ? 0 : series.value - start;
    rows.push_back(std::move(row));
  }
  return rows;
}

double ProcessLook::value(const MetricDescription& family, const Labels& wanted) const {
  const std::vector<Row> found = rows(family, wanted);
  return found.empty() ? kNone : found.front().value;
}

double ProcessLook::rise(const MetricDescription& family, const Labels& wanted) const {
  double sum = 0;
  for (const Row& row : rows(family, wanted)) sum += std::max(0.0, row.rise);
  return sum;
}

WindowHistogram ProcessLook::histogram(const MetricDescription& family,
                                       const Labels& wanted) const {
  WindowHistogram window;
  const FamilySnapshot* const after = after_.find(family.name);
  const FamilySnapshot* const before = before_.find(family.name);
  if (after == nullptr) return window;
  const auto& bounds = after->description->buckets;
  window.bounds.assign(bounds.begin(), bounds.end());
  window.counts.assign(bounds.size() + 1, 0);
  for (const SeriesSnapshot& series : after->series) {
    if (!series.histogram || !includes(labels_of(*after, series), wanted)) continue;
    const SeriesSnapshot* const then = find(before, series.labels->values);
    const auto& now = series.histogram->buckets;
    for (std::size_t i = 0; i < std::min(now.size(), window.counts.size()); ++i) {
      const bool has_before =
          then != nullptr && then->histogram != nullptr && i < then->histogram->buckets.size();
      const std::uint64_t start = has_before ? then->histogram->buckets[i] : 0;
      window.counts[i] += static_cast<double>(now[i] - std::min(now[i], start));
    }
    const double sum_before =
        then != nullptr && then->histogram != nullptr ? then->histogram->sum : 0;
    window.sum += series.histogram->sum - sum_before;
  }
  return window;
}

std::vector<std::string> ProcessLook::values_of(const MetricDescription& family,
                                                std::string_view label) const {
  std::vector<std::string> values;
  const FamilySnapshot* const found = after_.find(family.name);
  if (found == nullptr) return values;
  for (const SeriesSnapshot& series : found->series) {
    const Labels labels = labels_of(*found, series);
    const auto value = labels.find(label);
    if (value != labels.end()) values.push_back(value->second);
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

}  // namespace eventcore::cli::doctor
