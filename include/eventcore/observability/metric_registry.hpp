#pragma once

/// \file
/// `MetricRegistry`: the metrics of one process.
///
/// Metrics are registered from their descriptions, updated through handles and read as a snapshot:
///
///     constexpr MetricDescription kSignups{.name = "shop_signups_total", .help = "Sign-ups."};
///     Result<Counter> signups = registry.add<Counter>(kSignups);
///     signups->increment();
///
/// Registering the same description twice gives the same metric. The usual mistake is a second
/// registry: `MetricsService::registry` is the one that `/metrics` shows.

#include <functional>
#include <memory>
#include <source_location>
#include <span>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/observability/metric_description.hpp"
#include "eventcore/observability/metric_family.hpp"
#include "eventcore/observability/metric_handles.hpp"
#include "eventcore/observability/metrics_snapshot.hpp"
#include "eventcore/result.hpp"

namespace eventcore::observability {

/// Where a callback reports the values of its family, one call a series.
class Observations {
 public:
  Observations() = default;
  Observations(const Observations&) = delete;
  Observations& operator=(const Observations&) = delete;
  virtual ~Observations() = default;

  /// The value of the series without labels.
  void report(double value) { report(value, {}); }
  /// The value of the series with these label values, in the order of the description.
  virtual void report(double value, std::initializer_list<std::string_view> labels) = 0;
};

using ObserveCallback = std::function<void(Observations&)>;

namespace detail {
class RegistryCore;
class ObservedFamily;

/// What a handle's type says about the description that it is for.
struct HandleForm {
  MetricKind kind;
  bool is_duration;
  std::size_t run_time_labels;
  std::span<const LabelDescription> fixed_labels;
};
}  // namespace detail

/// Keeps a callback registered. When it goes, the callback is not running and won't run again.
/// Must not be destroyed inside its own callback. Thread-safety: One thread at a time.
class ObserverRegistration {
 public:
  ObserverRegistration(std::shared_ptr<detail::RegistryCore> registry,
                       std::shared_ptr<detail::ObservedFamily> family) noexcept;
  ObserverRegistration(ObserverRegistration&&) noexcept;
  ObserverRegistration& operator=(ObserverRegistration&&) noexcept;
  ~ObserverRegistration();

 private:
  std::shared_ptr<detail::RegistryCore> registry_;
  std::shared_ptr<detail::ObservedFamily> family_;
};

/// The metrics of one process. Thread-safety: Thread-safe. Ownership: outlives its handles.
class MetricRegistry {
 public:
  explicit MetricRegistry(const Clock& clock = system_clock());
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;
  ~MetricRegistry();

  /// Registers a metric. `Handle` is `Counter`, `Gauge`, `Histogram`, `DurationCounter`,
  /// `DurationHistogram`, a `Family` or a `DynamicFamily` of these, and has to agree with the
  /// description's kind, unit and labels.
  /// Errors: InvalidArgument (a bad name, label or bucket; or the name is taken by a metric that
  /// differs, and the message shows both and where they were registered), LimitExceeded (too many
  /// series in this process).
  template <class Handle>
  [[nodiscard]] Result<Handle> add(const MetricDescription& description,
                                   std::source_location where = std::source_location::current()) {
    detail::HandleForm form{Handle::kKind, Handle::kIsDuration, 0, {}};
    if constexpr (requires { Handle::kFixedLabels; }) {
      form.run_time_labels = Handle::kRunTimeLabels;
      form.fixed_labels = Handle::kFixedLabels;
    }
    auto core = add_family(description, form, where);
    if (!core) return core.error();
    if constexpr (requires { Handle(**core); }) {
      return Handle(**core);
    } else {
      return Handle(first_point(**core));
    }
  }

  /// Registers a gauge or counter whose values `callback` reports for each snapshot, without a
  /// creation time. The callback may run on any thread, one call at a time; it must not use this
  /// registry. What it throws leaves the family out of that snapshot.
  /// Errors: InvalidArgument, also for a name in use.
  [[nodiscard]] Result<ObserverRegistration> observe(
      const MetricDescription& description, ObserveCallback callback,
      std::source_location where = std::source_location::current());

  /// The present values. Updates go on meanwhile and never wait for it. Cost: about a
  /// microsecond for ten series, and the callbacks.
  [[nodiscard]] MetricsSnapshot snapshot(const SnapshotRequest& request = {}) const;

 private:
  Result<detail::FamilyCore*> add_family(const MetricDescription& description,
                                         const detail::HandleForm& form,
                                         std::source_location where);
  static detail::MetricPoint first_point(detail::FamilyCore& core) noexcept;

  std::shared_ptr<detail::RegistryCore> core_;
};

}  // namespace eventcore::observability
