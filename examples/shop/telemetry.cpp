#include "telemetry.hpp"

#include <utility>

#include <eventcore/otlp/init_tracing.hpp>
#ifdef SHOP_HAS_GRPC
#include <eventcore/otlp/otlp_grpc.hpp>
#endif

namespace shop {
namespace {

eventcore::OtlpOptions options() {
  eventcore::OtlpOptions options;
  options.service_name_fallback = "eventcore-shop";
#ifdef SHOP_HAS_GRPC
  options.grpc = &eventcore::make_otlp_grpc_transport;
#endif
  return options;
}

}  // namespace

eventcore::Result<void> start_tracing() { return eventcore::init_tracing({.otlp = options()}); }

eventcore::Result<std::shared_ptr<eventcore::OtlpLogsExporter>> send_logs() {
  return eventcore::OtlpLogsExporter::open(options());
}

eventcore::Result<std::unique_ptr<eventcore::OtlpMetricsExporter>> send_metrics(
    std::shared_ptr<const eventcore::observability::MetricsService> metrics) {
  return eventcore::OtlpMetricsExporter::open(options(), [metrics = std::move(metrics)] {
    return metrics->registry().snapshot({.native = true});
  });
}

}  // namespace shop
