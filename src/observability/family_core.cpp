#include "family_core.hpp"

#include <algorithm>

#include "description_rules.hpp"
#include "eventcore/assert.hpp"
#include "eventcore/observability/metric_family.hpp"
#include "label_text.hpp"

namespace eventcore::observability::detail {
namespace {

std::size_t count_run_time(const MetricDescription& description) {
  return static_cast<std::size_t>(
      std::count_if(description.labels.begin(), description.labels.end(),
                    [](const LabelDescription& label) { return label.values.empty(); }));
}

std::size_t count_combinations(const MetricDescription& description) {
  std::size_t product = 1;
  for (const LabelDescription& label : description.labels) {
    if (!label.values.empty()) product *= label.values.size();
  }
  return product;
}

HistogramValue read_histogram(const MetricPoint& point) {
  HistogramValue value;
  value.sum = std::bit_cast<double>(point.cells[0].load(std::memory_order_relaxed));
  value.buckets.resize(point.bounds_count + 1);
  for (std::size_t i = 0; i <= point.bounds_count; ++i) {
    value.buckets[i] = point.cells[1 + i].load(std::memory_order_relaxed);
  }
  return value;
}

double read_number(const MetricPoint& point, MetricKind kind) {
  const std::uint64_t bits = point.cells[0].load(std::memory_order_relaxed);
  return kind == MetricKind::Counter ? static_cast<double>(bits) : std::bit_cast<double>(bits);
}

}  // namespace

Series::Series(const MetricDescription& description, std::vector<std::string> values,
               Timestamp created)
    : values_(std::move(values)), created_(created) {
  if (description.kind == MetricKind::Histogram) {
    first_.bounds = description.buckets.data();
    first_.bounds_count = description.buckets.size();
  }
  const std::size_t points = count_combinations(description);
  cells_ = std::make_unique<MetricCell[]>(points * first_.cell_count());
  first_.cells = cells_.get();
  point_labels_.reserve(points);
  label_points(description);
}

/// Writes the labels of each point, the last label varying fastest, as `Family::at` counts.
void Series::label_points(const MetricDescription& description) {
  const std::size_t points = count_combinations(description);
  for (std::size_t index = 0; index < points; ++index) {
    std::vector<std::string> labels = values_;
    labels.resize(description.labels.size());
    std::size_t rest = index;
    for (std::size_t i = labels.size(); i-- > values_.size();) {
      const std::span<const std::string_view> domain = description.labels[i].values;
      labels[i] = domain[rest % domain.size()];
      rest /= domain.size();
    }
    point_labels_.push_back(make_labels(description, std::move(labels)));
  }
}

void Series::append_to(FamilySnapshot& snapshot) const {
  for (std::size_t i = 0; i < point_labels_.size(); ++i) {
    SeriesSnapshot& series = snapshot.series.emplace_back();
    series.labels = point_labels_[i];
    series.created = created_;
    const MetricPoint point = first_.at(i);
    if (point.bounds != nullptr) {
      series.histogram = read_histogram(point);
    } else {
      series.value = read_number(point, snapshot.description->kind);
    }
  }
}

FamilyCore::FamilyCore(std::shared_ptr<const MetricDescription> description, const Clock& clock)
    : description_(std::move(description)),
      run_time_labels_(count_run_time(*description_)),
      clock_(clock) {
  const eventcore::detail::MutexLock lock(mutex_);
  value_uses_.resize(run_time_labels_);
  if (run_time_labels_ == 0) create({}).permanent = true;
  publish();
}

Series& FamilyCore::acquire(std::span<const std::string_view> values, bool permanent) {
  EVENTCORE_ASSERT(values.size() == run_time_labels_, description_->name);
  const eventcore::detail::MutexLock lock(mutex_);
  const auto known = series_.find(values);
  Series& series = known != series_.end() ? *known->second : create(bounded(values));
  if (permanent) {
    series.permanent = true;
  } else {
    ++series.leases;
  }
  return series;
}

/// `values` as far as the limits allow, else the overflow value.
std::vector<std::string> FamilyCore::bounded(std::span<const std::string_view> values) {
  std::vector<std::string> result;
  bool overflow = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string value = valid_utf8(values[i]);
    const auto& uses = value_uses_[i];
    const bool fits = value.size() <= kLabelValueBytes &&
                      (uses.size() < description_->labels[i].values_max || uses.contains(value));
    overflow = overflow || (!fits && value != kOverflowValue);
    result.push_back(fits ? std::move(value) : std::string(kOverflowValue));
  }
  if (series_.size() >= kFamilySeriesMax && !series_.contains(result)) {
    overflow = true;
    result.assign(values.size(), std::string(kOverflowValue));
  }
  if (overflow) overflowed_.fetch_add(1, std::memory_order_relaxed);
  return result;
}

/// The series for `values`, which are within the limits; made if it is not there.
Series& FamilyCore::create(std::vector<std::string> values) {
  auto [place, is_new] = series_.try_emplace(values);
  if (is_new) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != kOverflowValue) ++value_uses_[i][values[i]];
    }
    place->second = std::make_shared<Series>(*description_, std::move(values), clock_.wall());
    publish();
  }
  return *place->second;
}

void FamilyCore::release(Series& series) noexcept {
  const eventcore::detail::MutexLock lock(mutex_);
  if (--series.leases > 0 || series.permanent) return;
  for (std::size_t i = 0; i < run_time_labels_; ++i) {
    const auto use = value_uses_[i].find(series.values()[i]);
    if (use != value_uses_[i].end() && --use->second == 0) value_uses_[i].erase(use);
  }
  series_.erase(series_.find(series.values()));
  publish();
}

void FamilyCore::publish() {
  auto table = std::make_shared<Table>();
  table->reserve(series_.size());
  for (const auto& [values, series] : series_) table->push_back(series);
  table_ = std::move(table);
}

FamilySnapshot FamilyCore::snapshot() const {
  std::shared_ptr<const Table> table;
  {
    const eventcore::detail::MutexLock lock(mutex_);
    table = table_;
  }
  FamilySnapshot snapshot{description_, {}};
  for (const auto& series : *table) series->append_to(snapshot);
  return snapshot;
}

SeriesLease::SeriesLease(FamilyCore& family, std::span<const std::string_view> values)
    : family_(&family), series_(&family.acquire(values, false)) {}

SeriesLease::~SeriesLease() {
  if (family_ != nullptr) family_->release(*series_);
}

MetricPoint SeriesLease::point() const noexcept { return series_->point(); }

MetricPoint resolve(FamilyCore& family, std::span<const std::string_view> values) {
  return family.acquire(values, true).point();
}

}  // namespace eventcore::observability::detail
