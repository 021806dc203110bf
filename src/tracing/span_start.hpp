#pragma once

// How spans get their ids, and where they go when they end.

#include <cstring>

#include "span_space.hpp"

namespace eventcore::detail {

/// A trace context in the pieces in which it is read and written. A compiler copies 25 bytes, and
/// 16, in other pieces than they were written in, and then reading them again at once stalls the
/// processor, which at six copies a span is most of what it costs.
struct TraceWords {
  explicit TraceWords(const TraceContext& from) noexcept : flags(from.flags) {
    std::memcpy(&high, from.trace_id.data(), sizeof high);
    std::memcpy(&low, from.trace_id.data() + sizeof high, sizeof low);
    std::memcpy(&span, from.span_id.data(), sizeof span);
  }
  void store(TraceContext& to) noexcept {
    asm("" : "+r"(high), "+r"(low));  // not as one piece
    std::memcpy(to.trace_id.data(), &high, sizeof high);
    std::memcpy(to.trace_id.data() + sizeof high, &low, sizeof low);
    std::memcpy(to.span_id.data(), &span, sizeof span);
    to.flags = flags;
  }
  [[nodiscard]] bool is_valid() const noexcept { return (high | low) != 0 && span != 0; }

  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint64_t span = 0;
  std::uint8_t flags = 0;
};

inline void copy_trace(TraceContext& to, const TraceContext& from) noexcept {
  TraceWords(from).store(to);
}

/// Makes `own` the context of a new span; true if it is recorded. One that is not has its parent's
/// id if there is a parent.
[[nodiscard]] bool start_span(const TracerGate& gate, const TraceContext& parent,
                              TraceContext& own) noexcept;

/// Whether the calling thread works on the trace of `parent` already, in a span or a command.
[[nodiscard]] inline bool is_under_way(const TraceContext& parent) noexcept {
  const SpanFrame* const frame = current_frame();
  return frame != nullptr && frame->trace.trace_id == parent.trace_id;
}

/// Gives `buffer`, whose head says what is known, to the calling thread's ring and keeps the buffer
/// for reuse. A span whose tracer is gone is counted as late.
void record_span(const TracerGate& gate, SpanBuffer* buffer) noexcept;

}  // namespace eventcore::detail
