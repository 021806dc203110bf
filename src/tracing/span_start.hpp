#pragma once

// How spans get their ids, and where they go when they end.

#include "span_space.hpp"

namespace eventcore::detail {

struct SpanStart {
  TraceContext context;
  bool is_recorded = false;
};

/// The context of a new span. One that is not recorded has its parent's id if there is a parent.
[[nodiscard]] SpanStart start_span(const TracerGate& gate, const TraceContext& parent) noexcept;

/// Whether the calling thread works on the trace of `parent` already, in a span or a command.
[[nodiscard]] inline bool is_under_way(const TraceContext& parent) noexcept {
  const SpanFrame* const frame = current_frame();
  return frame != nullptr && frame->trace.trace_id == parent.trace_id;
}

/// Gives `buffer`, whose head says what is known, to the calling thread's ring and keeps the buffer
/// for reuse. A span whose tracer is gone is counted as late.
void record_span(const TracerGate& gate, SpanBuffer* buffer) noexcept;

}  // namespace eventcore::detail
