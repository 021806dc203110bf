#include "eventcore/tracing/propagation.hpp"

#include <utility>

#include "eventcore/detail/trimmed.hpp"

namespace eventcore {
namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local const PropagatedContext* thread_context =
    nullptr;

}  // namespace

PropagatedContext extract_context(const HeaderValues& headers) {
  PropagatedContext context;
  const std::vector<std::string_view> parents = headers("traceparent");
  if (parents.size() == 1) {
    if (const auto trace = TraceContext::parse(detail::trimmed(parents.front()))) {
      context.trace = *trace;
      if (auto state = TraceState::parse(headers("tracestate"))) context.state = *std::move(state);
    }
  }
  context.baggage = Baggage::parse(headers("baggage"));
  return context;
}

void inject_context(const SetHeader& set_header) {
  const TraceContext& trace = current_trace();
  const PropagatedContext& came = current_propagation();
  if (trace.is_valid()) {
    set_header("traceparent", trace.traceparent());
    const bool continues = came.trace.trace_id == trace.trace_id;
    if (continues && !came.state.is_empty()) set_header("tracestate", came.state.header());
  }
  if (!came.baggage.is_empty()) set_header("baggage", came.baggage.header());
}

const PropagatedContext& current_propagation() noexcept {
  static const PropagatedContext none;
  return thread_context == nullptr ? none : *thread_context;
}

PropagationScope::PropagationScope(const PropagatedContext& context) noexcept
    : former_(std::exchange(thread_context, &context)),
      trace_(context.trace.is_valid() ? context.trace : current_trace()) {}

PropagationScope::~PropagationScope() { thread_context = former_; }

}  // namespace eventcore
