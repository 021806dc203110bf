#pragma once

/// \file
/// `/metrics` as protobuf: delimited `io.prometheus.client.MetricFamily` messages.
///
/// It is what Prometheus scrapes native histograms with. Beside these it has the classic buckets
/// with their exemplars, units, and since when counters and histograms count.

#include <string>
#include <string_view>

#include "eventcore/observability/metrics_snapshot.hpp"

namespace eventcore::observability {

/// The content type of `prometheus_protobuf`.
inline constexpr std::string_view kPrometheusProtobufType =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// `snapshot` as messages, each after its length as a varint. A family without series is left out;
/// an info metric is a gauge. Take the snapshot with `SnapshotRequest::native`.
[[nodiscard]] std::string prometheus_protobuf(const MetricsSnapshot& snapshot);

}  // namespace eventcore::observability
