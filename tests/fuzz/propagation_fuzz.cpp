// Any header is read or dropped, never an error. What is written again is read again as the same,
// and is within the limits.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "eventcore/tracing/propagation.hpp"

namespace {

using namespace eventcore;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const TraceState& state) {
  require(state.size() <= TraceState::kEntriesMax);
  const std::string text = state.header();
  require(text.size() <= 512);
  const auto again = TraceState::parse(text);
  require(again.has_value());
  require(again->size() <= state.size());
  require(again->header() == text);
}

void check(const Baggage& baggage) {
  require(baggage.entries().size() <= Baggage::kEntriesMax);
  const std::string text = baggage.header();
  require(text.size() <= Baggage::kBytesMax);
  require(Baggage::parse(text) == baggage);
  Baggage changed = baggage;
  require(!changed.set("key", "v") || changed.find("key") == "v");
  for (const Baggage::Entry& entry : baggage.entries()) changed.erase(entry.key);
  require(changed.entries().size() <= 1);
}

}  // namespace

/// Lines are the values of the three headers in turn.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::array<std::vector<std::string_view>, 3> values;
  std::size_t line = 0;
  for (std::size_t at = 0; at <= text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    values[line % 3].push_back(text.substr(at, end - at));
    at = end + 1;
  }
  const PropagatedContext context = extract_context([&](std::string_view name) {
    return values[name == "traceparent" ? 0 : name == "tracestate" ? 1 : 2];
  });
  if (context.trace.is_valid()) {
    const auto again = TraceContext::parse(context.trace.traceparent());
    require(again && again->trace_id == context.trace.trace_id);
    require(again->span_id == context.trace.span_id);
    require(again->is_sampled() == context.trace.is_sampled());
  } else {
    require(context.state.is_empty());
  }
  check(context.state);
  check(context.baggage);
  if (const auto state = TraceState::parse(text)) check(*state);
  check(Baggage::parse(text));
  return 0;
}
