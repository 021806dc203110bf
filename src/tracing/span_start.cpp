#include "span_start.hpp"

#include "trace_ids.hpp"

namespace eventcore::detail {

SpanStart start_span(const TracerGate& gate, const TraceContext& parent) noexcept {
  constexpr std::uint8_t kSampled = 1;
  SpanStart start;
  const bool is_root = !parent.is_valid();
  if (is_root) {
    mint_trace_id(start.context);
  } else {
    start.context = parent;
  }
  const bool sampled =
      gate.sampler.samples(is_root ? TraceContext{} : parent, start.context.trace_id);
  start.is_recorded = sampled || gate.records_all;
  start.context.flags = sampled ? start.context.flags | kSampled : start.context.flags & ~kSampled;
  if (is_root || start.is_recorded) mint_span_id(start.context);
  return start;
}

void record_span(const TracerGate& gate, SpanBuffer* buffer) noexcept {
  SpanRing* const ring = own_ring();
  if (ring == nullptr) {
    SpanSpace::get().count_dropped();
    delete buffer;
    return;
  }
  if (current_gate.load(std::memory_order_acquire) == &gate) {
    buffer->head.tracer = gate.number;
    ring->write(buffer->finish());
  } else {
    SpanSpace::get().count_late();
  }
  ring->give_buffer(buffer);
}

}  // namespace eventcore::detail
