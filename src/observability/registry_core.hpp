#pragma once

// The compiled part of a registry: its families by name, and those that callbacks report.

#include <map>
#include <memory>
#include <source_location>
#include <string>
#include <variant>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/observability/metric_registry.hpp"
#include "family_core.hpp"

namespace eventcore::observability::detail {

/// A family whose values a callback reports. Thread-safety: Thread-safe.
class ObservedFamily {
 public:
  ObservedFamily(std::shared_ptr<const MetricDescription> description, ObserveCallback callback,
                 std::source_location where);

  [[nodiscard]] const std::source_location& where() const noexcept { return where_; }
  [[nodiscard]] const MetricDescription& description() const noexcept { return *description_; }
  /// What the callback reports now; no series after `stop` or when it throws.
  [[nodiscard]] FamilySnapshot snapshot() EVENTCORE_EXCLUDES(mutex_);
  /// Waits for the callback to return and never calls it again.
  void stop() noexcept EVENTCORE_EXCLUDES(mutex_);

 private:
  const std::shared_ptr<const MetricDescription> description_;
  const std::source_location where_;

  // Held while the callback runs: only so can `stop` promise that it is over.
  eventcore::detail::Mutex mutex_;
  ObserveCallback callback_ EVENTCORE_GUARDED_BY(mutex_);
};

/// Thread-safety: Thread-safe.
class RegistryCore {
 public:
  explicit RegistryCore(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] Result<FamilyCore*> add(const MetricDescription& description,
                                        std::source_location where) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<std::shared_ptr<ObservedFamily>> observe(
      const MetricDescription& description, ObserveCallback callback, std::source_location where)
      EVENTCORE_EXCLUDES(mutex_);
  void remove(const ObservedFamily& family) noexcept EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] MetricsSnapshot snapshot(const SnapshotRequest& request) const
      EVENTCORE_EXCLUDES(mutex_);

 private:
  using Entry = std::variant<std::shared_ptr<FamilyCore>, std::shared_ptr<ObservedFamily>>;

  static const MetricDescription& description_of(const Entry& entry) noexcept;
  Result<void> check_free(const MetricDescription& description, std::source_location where) const
      EVENTCORE_REQUIRES(mutex_);
  std::shared_ptr<const HistogramLayout> layout_for(const MetricDescription& description)
      EVENTCORE_REQUIRES(mutex_);
  static void add_self_metrics(const std::vector<Entry>& entries, Timestamp created,
                               MetricsSnapshot& snapshot);

  const Clock& clock_;
  const Timestamp created_ = clock_.wall();

  eventcore::detail::Mutex& mutex_ = CellSpace::get().mutex();
  std::map<std::string, Entry, std::less<>> entries_ EVENTCORE_GUARDED_BY(mutex_);
  // Shared by families of one form, so that their tables stay in the processor's cache.
  std::vector<std::shared_ptr<const HistogramLayout>> layouts_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::observability::detail
