// Traces, metrics and logs for an OpenTelemetry collector. Without OTEL_EXPORTER_OTLP_ENDPOINT, or
// an endpoint in the code, nothing is sent.

#include <chrono>
#include <iostream>
#include <memory>

#include "eventcore/logging/log.hpp"
#include "eventcore/logging/logging.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/otlp/init_tracing.hpp"
#include "eventcore/otlp/otlp_logs_exporter.hpp"
#include "eventcore/otlp/otlp_metrics_exporter.hpp"
#include "eventcore/tracing/span.hpp"

using namespace eventcore;
using namespace std::chrono_literals;

Result<void> start_log() {
  auto logs = OtlpLogsExporter::open({.service_name = "shop"});
  if (!logs) return logs.error();
  LoggingOptions options;
  if (*logs) options.exporters.push_back(*logs);  // null without an endpoint
  return init_logging(options);
}

int main() {
  if (const auto ready = start_log(); !ready) {
    std::cerr << ready.error().message << '\n';
    return 2;
  }
  // Service and endpoint; what is empty is left to the environment.
  if (const auto ready = init_tracing("shop", ""); !ready) {
    std::cerr << ready.error().message << '\n';
    return 2;
  }
  auto metrics = std::make_shared<observability::MetricsService>();
  auto exporter = OtlpMetricsExporter::open(
      {.service_name = "shop"}, [&] { return metrics->registry().snapshot({.native = true}); });
  if (!exporter) {
    std::cerr << exporter.error().message << '\n';
    return 2;
  }

  {
    Span span("take stock");
    span.attribute("shop.shelf", "A 7");
    EVENTCORE_LOG_INFO("Stock taken", field("shelf", "A 7"));
  }

  // A program that just ends does the same, for two seconds at most.
  const TracingFlush end = shutdown_tracing(Deadline::after(5s));
  std::cout << "spans sent: " << end.exported << ", lost: " << end.lost << '\n';
  return end.is_complete ? 0 : 1;
}
