#pragma once

/// \file
/// Trace context and baggage between processes, over any library's headers: W3C `traceparent`,
/// `tracestate` and `baggage`.
///
/// A library is adapted by two functions: one that finds a header's values, one that sets a header.
/// http_spans.hpp does the rest for HTTP; tests/unit/http_tracing has Boost.Beast and cpp-httplib.

#include <functional>
#include <string_view>
#include <vector>

#include "eventcore/trace_context.hpp"
#include "eventcore/tracing/baggage.hpp"
#include "eventcore/tracing/trace_state.hpp"

namespace eventcore {

/// Returns all values of the header `name`, which is in lower case, in their order. Headers are
/// called alike in any case. The views live until the call that asked returns.
using HeaderValues = std::function<std::vector<std::string_view>(std::string_view name)>;
/// Sets the header `name`, in place of one that is there.
using SetHeader = std::function<void(std::string_view name, std::string_view value)>;

/// What came along with a request.
struct PropagatedContext {
  TraceContext trace;  ///< All zero: none.
  TraceState state;    ///< Empty without a trace.
  Baggage baggage;
};

/// What a message brings. What is invalid is as if it were not there: never an error. Several
/// `traceparent` are invalid.
[[nodiscard]] PropagatedContext extract_context(const HeaderValues& headers);

/// Has a message take along the thread's current trace, with the `tracestate` that came with it,
/// and the current baggage.
void inject_context(const SetHeader& set_header);

/// What `PropagationScope` made current; empty if nothing.
[[nodiscard]] const PropagatedContext& current_propagation() noexcept;

/// Makes `context` the thread's current one for its lifetime, for `inject_context`; its trace too,
/// if it has one, until a `Span` begins. Commands that are submitted, and coroutines, take the
/// trace along, not the rest. Ownership: `context` outlives it. Thread-safety: Confined to its
/// creating thread.
class PropagationScope {
 public:
  explicit PropagationScope(const PropagatedContext& context) noexcept;
  PropagationScope(const PropagationScope&) = delete;
  PropagationScope& operator=(const PropagationScope&) = delete;
  ~PropagationScope();

 private:
  const PropagatedContext* former_;
  TraceScope trace_;
};

}  // namespace eventcore
