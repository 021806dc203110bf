#pragma once

// Metrics as OTLP's protobuf messages: opentelemetry/proto/metrics/v1/metrics.proto.

#include <string>

#include "eventcore/clock.hpp"
#include "eventcore/observability/metrics_snapshot.hpp"

namespace eventcore::detail {

/// Appends the families of `snapshot`, each as an element of `ScopeMetrics.metrics`. Families
/// without series are left out. `now` is when it was taken; series without a time of creation count
/// from `since`.
void append_metrics(std::string& batch, const observability::MetricsSnapshot& snapshot,
                    Timestamp since, Timestamp now);

}  // namespace eventcore::detail
