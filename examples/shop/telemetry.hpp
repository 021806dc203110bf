#pragma once

/// \file
/// What the shop sends to an OpenTelemetry collector, where the environment names one.

#include <memory>

#include <eventcore/observability/metrics_service.hpp>
#include <eventcore/otlp/otlp_logs_exporter.hpp>
#include <eventcore/otlp/otlp_metrics_exporter.hpp>
#include <eventcore/result.hpp>

namespace shop {

/// Switches traces on. Without `OTEL_EXPORTER_OTLP_ENDPOINT` nothing happens.
[[nodiscard]] eventcore::Result<void> start_tracing();

/// What sends the log there, for `init_logging`; null without a collector.
[[nodiscard]] eventcore::Result<std::shared_ptr<eventcore::OtlpLogsExporter>> send_logs();

/// Sends the figures of `metrics` while what it returns is there; null without a collector.
[[nodiscard]] eventcore::Result<std::unique_ptr<eventcore::OtlpMetricsExporter>> send_metrics(
    std::shared_ptr<const eventcore::observability::MetricsService> metrics);

}  // namespace shop
