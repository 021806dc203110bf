#include "span_start.hpp"

#include "trace_ids.hpp"

namespace eventcore::detail {

bool start_span(const TracerGate& gate, const TraceContext& parent, TraceContext& own) noexcept {
  constexpr std::uint8_t kSampled = 1;
  const bool is_root = !TraceWords(parent).is_valid();
  if (is_root) {
    own.flags = 0;
    mint_trace_id(own);
  } else {
    copy_trace(own, parent);
  }
  const bool sampled = gate.sampler.samples(parent, own.trace_id);
  const bool is_recorded = sampled || gate.records_all;
  own.flags = sampled ? own.flags | kSampled : own.flags & ~kSampled;
  if (is_root || is_recorded) mint_span_id(own);
  return is_recorded;
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
    const std::span<const std::byte> body = buffer->finish();
    ring->write(buffer->head, body);
  } else {
    SpanSpace::get().count_late();
  }
  ring->give_buffer(buffer);
}

}  // namespace eventcore::detail
