#include "eventcore/observability/metric_registry.hpp"

#include <algorithm>
#include <array>

#include "description_rules.hpp"
#include "eventcore/assert.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "label_text.hpp"
#include "registry_core.hpp"

namespace eventcore::observability {

namespace detail {
namespace {

/// Collects what a callback reports into a snapshot.
class Collected final : public Observations {
 public:
  explicit Collected(FamilySnapshot& family) : family_(family) {}

  void report(double value, std::initializer_list<std::string_view> labels) override {
    EVENTCORE_ASSERT(labels.size() == family_.description->labels.size(),
                     family_.description->name);
    if (family_.series.size() == kFamilySeriesMax) return;
    std::vector<std::string> values;
    for (const std::string_view label : labels) values.push_back(valid_utf8(label));
    SeriesSnapshot& series = family_.series.emplace_back();
    series.labels = make_labels(*family_.description, std::move(values));
    series.value = value;
  }

  /// Orders the series; of several reports for one series the last one counts.
  void finish() {
    auto& series = family_.series;
    const auto labels = [](const SeriesSnapshot& s) -> const auto& { return s.labels->values; };
    std::stable_sort(series.begin(), series.end(),
                     [&](const auto& a, const auto& b) { return labels(a) < labels(b); });
    const auto kept =
        std::unique(series.rbegin(), series.rend(),
                    [&](const auto& a, const auto& b) { return labels(a) == labels(b); });
    series.erase(series.begin(), kept.base());
  }

 private:
  FamilySnapshot& family_;
};

/// Where a metric was registered, for messages; nothing for EventCore's own that no call makes.
std::string place(const std::source_location& where) {
  if (where.line() == 0) return "the library";
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

Error taken(const MetricDescription& wanted, const std::source_location& wanted_at,
            const MetricDescription& present, const std::source_location& present_at) {
  return make_error(ErrorCode::InvalidArgument,
                    "metric '" + std::string(wanted.name) + "' is registered differently: at " +
                        place(present_at) + " as " + summary(present) + ", at " + place(wanted_at) +
                        " as " + summary(wanted));
}

SeriesSnapshot self_series(const MetricDescription& description, double value,
                           std::vector<std::string> labels, Timestamp created) {
  SeriesSnapshot series;
  series.labels = make_labels(description, std::move(labels));
  series.value = value;
  series.created = created;
  return series;
}

/// What a registry reports about itself.
constexpr std::array kSelfMetrics{&catalogue::kMetricsSeries, &catalogue::kMetricsSharingThreads,
                                  &catalogue::kMetricsLabelOverflowTotal,
                                  &catalogue::kMetricsFamilyUsedRatio};

std::shared_ptr<const MetricDescription> unowned(const MetricDescription& constant) {
  return {std::shared_ptr<void>(), &constant};
}

}  // namespace

ObservedFamily::ObservedFamily(std::shared_ptr<const MetricDescription> description,
                               ObserveCallback callback, std::source_location where)
    : description_(std::move(description)), where_(where), callback_(std::move(callback)) {}

FamilySnapshot ObservedFamily::snapshot() {
  FamilySnapshot family{description_, {}};
  Collected collected(family);
  const eventcore::detail::MutexLock lock(mutex_);
  if (!callback_) return family;
  try {
    callback_(collected);
    collected.finish();
  } catch (...) {
    family.series.clear();
  }
  return family;
}

void ObservedFamily::stop() noexcept {
  const eventcore::detail::MutexLock lock(mutex_);
  callback_ = nullptr;
}

const MetricDescription& RegistryCore::description_of(const Entry& entry) noexcept {
  return std::visit([](const auto& family) -> const auto& { return family->description(); }, entry);
}

Result<void> RegistryCore::check_free(const MetricDescription& description,
                                      std::source_location where) const {
  if (const auto known = entries_.find(description.name); known != entries_.end()) {
    return std::visit(
        [&](const auto& family) -> Error {
          return taken(description, where, family->description(), family->where());
        },
        known->second);
  }
  for (const MetricDescription* self : kSelfMetrics) {
    if (description.name == self->name) return taken(description, where, *self, {});
  }
  return {};
}

std::shared_ptr<const HistogramLayout> RegistryCore::layout_for(
    const MetricDescription& description) {
  if (description.kind != MetricKind::Histogram) return nullptr;
  const double unit = description.unit == MetricUnit::Seconds ? 1e-9 : 1;
  for (const auto& layout : layouts_) {
    if (layout->fits(description.buckets, description.native, unit)) return layout;
  }
  return layouts_.emplace_back(
      std::make_shared<const HistogramLayout>(description.buckets, description.native, unit));
}

Result<FamilyCore*> RegistryCore::add(const MetricDescription& description,
                                      std::source_location where) {
  const eventcore::detail::MutexLock lock(mutex_);
  if (const auto known = entries_.find(description.name); known != entries_.end()) {
    const auto* family = std::get_if<std::shared_ptr<FamilyCore>>(&known->second);
    if (family != nullptr && same((*family)->description(), description)) return family->get();
  }
  if (const Result<void> is_free = check_free(description, where); !is_free) {
    return is_free.error();
  }
  auto family = FamilyCore::create(own(description), layout_for(description), where, clock_);
  if (family == nullptr) {
    return make_error(ErrorCode::LimitExceeded,
                      "metric '" + std::string(description.name) +
                          "': the process has too many series; there are no cells left");
  }
  FamilyCore* result = family.get();
  entries_.emplace(description.name, std::move(family));
  return result;
}

Result<std::shared_ptr<ObservedFamily>> RegistryCore::observe(const MetricDescription& description,
                                                              ObserveCallback callback,
                                                              std::source_location where) {
  const eventcore::detail::MutexLock lock(mutex_);
  if (const Result<void> is_free = check_free(description, where); !is_free) {
    return is_free.error();
  }
  auto family = std::make_shared<ObservedFamily>(own(description), std::move(callback), where);
  entries_.emplace(description.name, family);
  return family;
}

void RegistryCore::remove(const ObservedFamily& family) noexcept {
  const eventcore::detail::MutexLock lock(mutex_);
  entries_.erase(entries_.find(family.description().name));
}

MetricsSnapshot RegistryCore::snapshot(const SnapshotRequest& request) const {
  const auto wants = [&](std::string_view name) {
    return request.names.empty() ||
           std::find(request.names.begin(), request.names.end(), name) != request.names.end();
  };
  std::vector<Entry> entries;
  {
    const eventcore::detail::MutexLock lock(mutex_);
    entries.reserve(entries_.size());
    for (const auto& [name, entry] : entries_) entries.push_back(entry);
  }
  MetricsSnapshot snapshot;
  for (const Entry& entry : entries) {
    if (!wants(description_of(entry).name)) continue;
    if (const auto* family = std::get_if<std::shared_ptr<FamilyCore>>(&entry)) {
      snapshot.families.push_back((*family)->snapshot(request.native));
    } else {
      snapshot.families.push_back(std::get<std::shared_ptr<ObservedFamily>>(entry)->snapshot());
    }
  }
  add_self_metrics(entries, created_, snapshot);
  // A part does not say how many there are.
  if (!request.names.empty()) {
    std::erase_if(snapshot.families, [](const FamilySnapshot& family) {
      return family.description->name == catalogue::kMetricsSeries.name;
    });
  }
  std::erase_if(snapshot.families,
                [&](const FamilySnapshot& family) { return !wants(family.description->name); });
  std::sort(snapshot.families.begin(), snapshot.families.end(),
            [](const auto& a, const auto& b) { return a.description->name < b.description->name; });
  return snapshot;
}

void RegistryCore::add_self_metrics(const std::vector<Entry>& entries, Timestamp created,
                                    MetricsSnapshot& snapshot) {
  FamilySnapshot overflow{unowned(catalogue::kMetricsLabelOverflowTotal), {}};
  FamilySnapshot used{unowned(catalogue::kMetricsFamilyUsedRatio), {}};
  for (const Entry& entry : entries) {
    const auto* family = std::get_if<std::shared_ptr<FamilyCore>>(&entry);
    if (family == nullptr || (*family)->run_time_labels() == 0) continue;
    overflow.series.push_back(self_series(*overflow.description,
                                          static_cast<double>((*family)->overflowed()),
                                          {std::string((*family)->description().name)}, created));
    used.series.push_back(self_series(*used.description, (*family)->used_ratio(),
                                      {std::string((*family)->description().name)}, created));
  }
  const auto add = [&](const MetricDescription& description, double value) {
    snapshot.families.push_back(
        {unowned(description), {self_series(description, value, {}, created)}});
  };
  std::size_t total = overflow.series.size() + used.series.size() + 2;
  for (const FamilySnapshot& family : snapshot.families) total += family.series.size();
  snapshot.families.push_back(std::move(overflow));
  snapshot.families.push_back(std::move(used));
  add(catalogue::kMetricsSeries, static_cast<double>(total));
  add(catalogue::kMetricsSharingThreads, static_cast<double>(CellSpace::get().sharing_threads()));
}

}  // namespace detail

ObserverRegistration::ObserverRegistration(std::shared_ptr<detail::RegistryCore> registry,
                                           std::shared_ptr<detail::ObservedFamily> family) noexcept
    : registry_(std::move(registry)), family_(std::move(family)) {}

ObserverRegistration::ObserverRegistration(ObserverRegistration&&) noexcept = default;

ObserverRegistration& ObserverRegistration::operator=(ObserverRegistration&& other) noexcept {
  std::swap(registry_, other.registry_);
  std::swap(family_, other.family_);
  return *this;
}

ObserverRegistration::~ObserverRegistration() {
  if (family_ == nullptr) return;
  registry_->remove(*family_);
  family_->stop();
}

MetricRegistry::MetricRegistry(const Clock& clock)
    : core_(std::make_shared<detail::RegistryCore>(clock)) {}

MetricRegistry::~MetricRegistry() = default;

Result<ObserverRegistration> MetricRegistry::observe(const MetricDescription& description,
                                                     ObserveCallback callback,
                                                     std::source_location where) {
  if (Result<void> good = detail::check(description); !good) return good.error();
  if (description.kind == MetricKind::Histogram) {
    return make_error(ErrorCode::InvalidArgument, "metric '" + std::string(description.name) +
                                                      "': callbacks report counters and gauges");
  }
  auto family = core_->observe(description, std::move(callback), where);
  if (!family) return family.error();
  return ObserverRegistration(core_, std::move(*family));
}

MetricsSnapshot MetricRegistry::snapshot(const SnapshotRequest& request) const {
  return core_->snapshot(request);
}

Result<detail::FamilyCore*> MetricRegistry::add_family(const MetricDescription& description,
                                                       const detail::HandleForm& form,
                                                       std::source_location where) {
  if (Result<void> good = detail::check(description); !good) return good.error();
  const std::span<const LabelDescription> labels = description.labels;
  const auto fixed_from = static_cast<std::ptrdiff_t>(form.run_time_labels);
  const bool fits =
      form.kind == description.kind &&
      labels.size() == form.run_time_labels + form.fixed_labels.size() &&
      std::all_of(labels.begin(), labels.begin() + fixed_from,
                  [](const LabelDescription& label) { return label.values.empty(); }) &&
      std::equal(form.fixed_labels.begin(), form.fixed_labels.end(), labels.begin() + fixed_from,
                 [](const LabelDescription& a, const LabelDescription& b) {
                   return a.name == b.name && std::equal(a.values.begin(), a.values.end(),
                                                         b.values.begin(), b.values.end());
                 });
  if (!fits) {
    return make_error(ErrorCode::InvalidArgument,
                      "the handle's kind and labels differ from " + detail::summary(description));
  }
  const bool is_timed =
      description.unit == MetricUnit::Seconds && description.kind != MetricKind::Gauge;
  if (form.is_duration != is_timed) {
    return make_error(ErrorCode::InvalidArgument,
                      "counters and histograms of durations, and only they, are in seconds: " +
                          detail::summary(description));
  }
  return core_->add(description, where);
}

detail::MetricPoint MetricRegistry::first_point(detail::FamilyCore& core) noexcept {
  return core.acquire({}, true).point();
}

}  // namespace eventcore::observability
