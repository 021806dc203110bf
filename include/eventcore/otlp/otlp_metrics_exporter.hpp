#pragma once

/// \file
/// `OtlpMetricsExporter`: sends the metrics of a registry to an OpenTelemetry collector, again and
/// again. Prometheus' way, to be asked, is `MetricsService::page`; an application may use both.
///
///     auto exporter = OtlpMetricsExporter::open(
///         {.service_name = "shop"}, [&] { return metrics.registry().snapshot({.native = true});
///         });
///
/// Families keep their names. Counters are cumulative monotonic sums, histograms exponential ones
/// where the snapshot has native buckets, else explicit ones; exemplars go along.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "eventcore/clock.hpp"
#include "eventcore/observability/metrics_snapshot.hpp"
#include "eventcore/otlp/otlp_exporter.hpp"
#include "eventcore/otlp/otlp_options.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// Gives the metrics as they are now. Called on the exporter's thread and by `flush`.
using MetricsSource = std::function<observability::MetricsSnapshot()>;

/// Exports metrics each `interval`: `OTEL_METRIC_EXPORT_INTERVAL`, else a minute. A snapshot that
/// can't be sent is dropped when there is a newer one: sums are cumulative, so that nothing is
/// lost. Thread-safety: Thread-safe. Ownership: owns a thread; the source must outlive it. In the
/// child of a fork it begins anew with the first `flush`, or stays silent.
class OtlpMetricsExporter {
 public:
  OtlpMetricsExporter() = default;
  OtlpMetricsExporter(const OtlpMetricsExporter&) = delete;
  OtlpMetricsExporter& operator=(const OtlpMetricsExporter&) = delete;
  virtual ~OtlpMetricsExporter() = default;

  /// Null if metrics over OTLP are off: no endpoint, `OTEL_SDK_DISABLED` or
  /// `OTEL_METRICS_EXPORTER=none`. Errors: InvalidArgument.
  [[nodiscard]] static Result<std::unique_ptr<OtlpMetricsExporter>> open(
      const OtlpOptions& options, MetricsSource source,
      std::optional<std::chrono::milliseconds> interval = std::nullopt);

  /// Sends the metrics as they are now, too. Blocking: until then, `deadline` at most.
  virtual OtlpDelivery flush(Deadline deadline) = 0;
  /// The same for the last time. Ends the thread.
  virtual OtlpDelivery shutdown(Deadline deadline) = 0;
  [[nodiscard]] virtual OtlpStats stats() const = 0;
};

}  // namespace eventcore
