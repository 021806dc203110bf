#pragma once

// Random ids of traces and spans.

#include "eventcore/trace_context.hpp"

namespace eventcore::detail {

/// Gives `context` a trace id that no other has. Never all zero. Cost: about 2 ns.
void mint_trace_id(TraceContext& context) noexcept;
/// Gives `context` a span id. Never all zero.
void mint_span_id(TraceContext& context) noexcept;
/// Has the calling thread begin a new sequence: after a fork the child must not repeat its
/// parent's.
void reseed_trace_ids() noexcept;

}  // namespace eventcore::detail
