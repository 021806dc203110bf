#pragma once

// The compiled part of a registry: its families by name, and those that callbacks report.

#include <map>
#include <memory>
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
                 Timestamp created);

  [[nodiscard]] const MetricDescription& description() const noexcept { return *description_; }
  /// What the callback reports now; no series after `stop` or when it throws.
  [[nodiscard]] FamilySnapshot snapshot() EVENTCORE_EXCLUDES(mutex_);
  /// Waits for the callback to return and never calls it again.
  void stop() noexcept EVENTCORE_EXCLUDES(mutex_);

 private:
  const std::shared_ptr<const MetricDescription> description_;
  const Timestamp created_;

  // Held while the callback runs: only so can `stop` promise that it is over.
  eventcore::detail::Mutex mutex_;
  ObserveCallback callback_ EVENTCORE_GUARDED_BY(mutex_);
};

/// Thread-safety: Thread-safe.
class RegistryCore {
 public:
  explicit RegistryCore(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] Result<FamilyCore*> add(const MetricDescription& description)
      EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] Result<std::shared_ptr<ObservedFamily>> observe(
      const MetricDescription& description, ObserveCallback callback) EVENTCORE_EXCLUDES(mutex_);
  void remove(const ObservedFamily& family) noexcept EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] MetricsSnapshot snapshot(const SnapshotRequest& request) const
      EVENTCORE_EXCLUDES(mutex_);

 private:
  using Entry = std::variant<std::shared_ptr<FamilyCore>, std::shared_ptr<ObservedFamily>>;

  static const MetricDescription& description_of(const Entry& entry) noexcept;
  Result<void> check_free(const MetricDescription& description) const EVENTCORE_REQUIRES(mutex_);
  static void add_self_metrics(const std::vector<Entry>& entries, Timestamp created,
                               MetricsSnapshot& snapshot);

  const Clock& clock_;
  const Timestamp created_ = clock_.wall();

  mutable eventcore::detail::Mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::observability::detail
