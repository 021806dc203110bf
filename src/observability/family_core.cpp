#include "family_core.hpp"

#include <algorithm>
#include <utility>

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

std::uint64_t sum_of(std::uint32_t slot, const Blocks& blocks) noexcept {
  std::uint64_t sum = 0;
  for (const MetricCell* cells : blocks) sum += cells[slot].load(std::memory_order_relaxed);
  return sum;
}

/// What counters of seconds and sums of duration histograms hold in nanoseconds.
double to_seconds(std::uint64_t ns) noexcept { return static_cast<double>(ns) / 1e9; }

double read_number(const MetricPoint& point, const MetricDescription& description,
                   const Blocks& blocks) {
  if (description.kind != MetricKind::Counter) {
    return std::bit_cast<double>(point.shared->load(std::memory_order_relaxed));
  }
  const std::uint64_t sum = sum_of(point.slot, blocks);
  return description.unit == MetricUnit::Seconds ? to_seconds(sum) : static_cast<double>(sum);
}

double read_sum(const MetricPoint& point, const Blocks& blocks) {
  if (point.layout->unit() != 1) return to_seconds(sum_of(point.slot, blocks));
  double sum = 0;
  for (const MetricCell* cells : blocks) {
    sum += std::bit_cast<double>(cells[point.slot].load(std::memory_order_relaxed));
  }
  return sum;
}

HistogramValue read_histogram(const MetricPoint& point, const Blocks& blocks, bool native) {
  const HistogramLayout& layout = *point.layout;
  HistogramValue value;
  value.sum = read_sum(point, blocks);
  value.buckets.resize(layout.classic_buckets());
  value.exemplars = point.exemplars->list(layout.classic_buckets());
  if (native && layout.is_native()) {
    value.native = NativeHistogram{HistogramLayout::kSchema, layout.zero_threshold(), 0, {}};
  }
  for (std::uint32_t cell = 0; cell < layout.value_cells(); ++cell) {
    const std::uint64_t count = sum_of(point.slot + 1 + cell, blocks);
    if (count == 0) continue;
    value.buckets[layout.classic_bucket(cell)] += count;
    if (!value.native) continue;
    if (cell < layout.zero_cells()) {
      value.native->zero_count += count;
      continue;
    }
    const std::int32_t index = layout.native_bucket(cell);
    auto& buckets = value.native->buckets;
    if (buckets.empty() || buckets.back().index != index) buckets.push_back({index, 0});
    buckets.back().count += count;
  }
  return value;
}

bool is_overflow(std::span<const std::string> values) noexcept {
  return std::all_of(values.begin(), values.end(),
                     [](const std::string& value) { return value == kOverflowValue; });
}

std::uint64_t next_family_id() noexcept {
  static std::atomic<std::uint64_t> last = 0;  // atomic: registries are made on any thread
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

SlotLease::~SlotLease() {
  if (cells_ != 0) CellSpace::get().release(first_, cells_);
}

std::optional<SlotLease> SlotLease::take(const PointForm& form) {
  const std::optional<std::uint32_t> first = CellSpace::get().allocate(form.cells());
  if (!first) return std::nullopt;
  return SlotLease(*first, form.cells());
}

Series::Series(const MetricDescription& description, const PointForm& form, SlotLease slots,
               std::vector<std::string> values, Timestamp created)
    : slots_(std::move(slots)), created_(created), run_time_labels_(values.size()) {
  first_.slot = slots_.first();
  first_.stride = form.point_cells;
  if (description.kind == MetricKind::Histogram) {
    exemplars_ = std::make_unique<ExemplarShelf[]>(form.points);
    first_.layout = form.layout.get();
    first_.exemplars = exemplars_.get();
  } else if (description.kind != MetricKind::Counter) {
    first_.shared = CellSpace::get().shared() + slots_.first();
  }
  label_points(description, std::move(values));
}

/// Writes the labels of each point, the last label varying fastest, as `Family::at` counts.
void Series::label_points(const MetricDescription& description, std::vector<std::string> values) {
  const std::size_t points = count_combinations(description);
  for (std::size_t index = 0; index < points; ++index) {
    std::vector<std::string> labels = values;
    labels.resize(description.labels.size());
    std::size_t rest = index;
    for (std::size_t i = labels.size(); i-- > values.size();) {
      const std::span<const std::string_view> domain = description.labels[i].values;
      labels[i] = domain[rest % domain.size()];
      rest /= domain.size();
    }
    point_labels_.push_back(make_labels(description, std::move(labels)));
  }
}

void Series::append_to(FamilySnapshot& snapshot, const Blocks& blocks, bool native) const {
  const Timestamp created = std::max(created_, CellSpace::get().forked_at());
  for (std::size_t i = 0; i < point_labels_.size(); ++i) {
    SeriesSnapshot& series = snapshot.series.emplace_back();
    series.labels = point_labels_[i];
    series.created = created;
    const MetricPoint point = first_.at(i);
    if (point.layout != nullptr) {
      series.histogram =
          std::make_shared<const HistogramValue>(read_histogram(point, blocks, native));
    } else {
      series.value = read_number(point, *snapshot.description, blocks);
    }
  }
}

std::shared_ptr<FamilyCore> FamilyCore::create(std::shared_ptr<const MetricDescription> description,
                                               std::shared_ptr<const HistogramLayout> layout,
                                               std::source_location where, const Clock& clock) {
  PointForm form;
  form.points = count_combinations(*description);
  if (layout) form.point_cells = layout->value_cells() + 1;
  form.layout = std::move(layout);
  std::optional<SlotLease> slots = SlotLease::take(form);
  if (!slots) return nullptr;
  return std::make_shared<FamilyCore>(std::move(description), std::move(form), *std::move(slots),
                                      where, clock);
}

FamilyCore::FamilyCore(std::shared_ptr<const MetricDescription> description, PointForm form,
                       SlotLease first_slots, std::source_location where, const Clock& clock)
    EVENTCORE_NO_THREAD_SAFETY_ANALYSIS  // the registry holds the mutex, under another name
    : description_(std::move(description)),
      form_(std::move(form)),
      where_(where),
      run_time_labels_(count_run_time(*description_)),
      id_(next_family_id()),
      clock_(clock) {
  first_slots_.emplace(std::move(first_slots));
  value_uses_.resize(run_time_labels_);
  if (run_time_labels_ == 0) {
    find_or_make({}).permanent = true;
  } else {
    publish();
  }
}

Series& FamilyCore::acquire(std::span<const std::string_view> values, bool permanent) {
  EVENTCORE_ASSERT(values.size() == run_time_labels_, description_->name);
  const eventcore::detail::MutexLock lock(mutex_);
  const auto known = series_.find(values);
  Series& series = known != series_.end() ? **known : find_or_make(bounded(values));
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
  if (overflow) count_overflow();
  return result;
}

/// The series for `values`, which are within the limits; made if it is not there. When there are
/// no cells for it, it is the overflow series, whose slots are kept for that.
Series& FamilyCore::find_or_make(std::vector<std::string> values) {
  if (const auto known = series_.find(values); known != series_.end()) return **known;
  std::optional<SlotLease> slots;
  if (first_slots_ && is_overflow(values)) {
    slots = std::exchange(first_slots_, std::nullopt);
  } else {
    slots = SlotLease::take(form_);
  }
  if (!slots) {
    count_overflow();
    return find_or_make(std::vector<std::string>(run_time_labels_, std::string(kOverflowValue)));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != kOverflowValue) ++value_uses_[i][values[i]];
  }
  auto series = std::make_shared<Series>(*description_, form_, *std::move(slots), std::move(values),
                                         clock_.wall());
  Series& result = *series;
  series_.insert(std::move(series));
  publish();
  return result;
}

void FamilyCore::release(Series& series) noexcept {
  const eventcore::detail::MutexLock lock(mutex_);
  if (--series.leases > 0 || series.permanent) return;
  const auto place = series_.find(series.values());
  // The overflow series stays: its slots may be the last ones.
  if (is_overflow(series.values())) return;
  for (std::size_t i = 0; i < run_time_labels_; ++i) {
    const auto use = value_uses_[i].find(series.values()[i]);
    if (use != value_uses_[i].end() && --use->second == 0) value_uses_[i].erase(use);
  }
  series_.erase(place);
  publish();
}

void FamilyCore::publish() {
  auto table = std::make_shared<Table>();
  table->assign(series_.begin(), series_.end());
  table_ = std::move(table);
}

FamilySnapshot FamilyCore::snapshot(bool native) const {
  std::shared_ptr<const Table> table;
  {
    const eventcore::detail::MutexLock lock(mutex_);
    table = table_;
  }
  const Blocks blocks = CellSpace::get().blocks();
  FamilySnapshot snapshot{description_, {}};
  snapshot.series.reserve(table->size() * form_.points);
  for (const auto& series : *table) series->append_to(snapshot, blocks, native);
  return snapshot;
}

double FamilyCore::used_ratio() const noexcept {
  const eventcore::detail::MutexLock lock(mutex_);
  if (run_time_labels_ == 0) return 0;
  double most = static_cast<double>(series_.size()) / static_cast<double>(kFamilySeriesMax);
  for (std::size_t i = 0; i < run_time_labels_; ++i) {
    const auto limit = static_cast<double>(description_->labels[i].values_max);
    most = std::max(most, static_cast<double>(value_uses_[i].size()) / limit);
  }
  return std::min(most, 1.0);
}

SeriesLease::SeriesLease(FamilyCore& family, std::span<const std::string_view> values)
    : family_(&family), series_(&family.acquire(values, false)) {}

SeriesLease::~SeriesLease() {
  if (family_ != nullptr) family_->release(*series_);
}

const MetricPoint& SeriesLease::point() const noexcept { return series_->point(); }

}  // namespace eventcore::observability::detail
