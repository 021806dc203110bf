#pragma once

/// \file
/// `prometheus_cpp_collectable`: EventCore's metrics in an application that uses prometheus-cpp.
///
///     auto collectable = observability::prometheus_cpp_collectable(metrics);
///     exposer.RegisterCollectable(collectable);  // keep it: the exposer does not
///
/// The page then has the metrics of both. What prometheus-cpp has no form for, such as exemplars,
/// native histograms and creation times, is left out; `metrics_handler` writes these too.
/// `prometheus/collectable.h` has to be included where the result is used.

#include <memory>

#include "eventcore/observability/metrics_service.hpp"

namespace prometheus {
class Collectable;
}  // namespace prometheus

namespace eventcore::observability {

/// What `metrics` shows, for a registry or exposer of prometheus-cpp. Ownership: keeps `metrics`.
/// Thread-safety: Thread-safe. Cost: some 10 µs for 100 series, at each scrape.
[[nodiscard]] std::shared_ptr<prometheus::Collectable> prometheus_cpp_collectable(
    std::shared_ptr<const MetricsService> metrics);

}  // namespace eventcore::observability
