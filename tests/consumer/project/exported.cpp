// Traces without a collector, over either protocol.

#include <eventcore/otlp/init_tracing.hpp>
#include <eventcore/otlp/otlp_grpc.hpp>
#include <eventcore/tracing/span.hpp>

int main() {
  eventcore::TracingOptions options;
  options.otlp.service_name = "consumer";
  options.otlp.grpc = &eventcore::make_otlp_grpc_transport;
  if (!eventcore::init_tracing(options)) return 1;
  { const eventcore::Span span("nothing to see"); }
  return eventcore::shutdown_tracing({}).is_complete ? 0 : 1;
}
