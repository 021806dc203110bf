// Tracing with the installed package.

#include <eventcore/http_tracing.hpp>
#include <eventcore/tracing/span.hpp>
#include <eventcore/tracing/tracer.hpp>

int main() {
  auto tracer = eventcore::install_tracer({});
  if (!tracer) return 1;
  eventcore::http::Request request;
  request.target = "/";
  const auto response =
      eventcore::http::trace_propagation_middleware(request, [](const eventcore::http::Request&) {
        return eventcore::http::Response{.body = eventcore::current_trace().trace_id_text()};
      });
  const eventcore::SpanReport report = (*tracer)->shutdown({});
  return response.body.size() == 32 && report.delivered == 1 ? 0 : 1;
}
