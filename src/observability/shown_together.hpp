#pragma once

// Metrics that are shown together, or not at all.

#include <optional>
#include <utility>
#include <vector>

#include "eventcore/observability/metric_registry.hpp"

namespace eventcore::observability {

/// Thread-safety: One thread at a time.
class ShownTogether {
 public:
  explicit ShownTogether(MetricRegistry& registry) : registry_(registry) {}

  void show(const MetricDescription& description, ObserveCallback callback) {
    if (error_) return;
    auto observer = registry_.observe(description, std::move(callback));
    if (observer) {
      shown_.push_back(*std::move(observer));
    } else {
      error_ = observer.error();
    }
  }
  /// What keeps all of them shown, or why one of them can't be.
  [[nodiscard]] Result<std::vector<ObserverRegistration>> take() {
    if (error_) return *std::move(error_);
    return std::move(shown_);
  }

 private:
  MetricRegistry& registry_;
  std::vector<ObserverRegistration> shown_;
  std::optional<Error> error_;
};

}  // namespace eventcore::observability
