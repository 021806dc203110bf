#include "eventcore/tracing/span.hpp"

#include "span_start.hpp"

namespace eventcore {

void Span::begin(const detail::TracerGate& gate, std::string_view name,
                 const SpanOptions& options) noexcept {
  const TraceContext parent = options.parent != nullptr ? *options.parent : current_trace();
  const detail::SpanStart start = detail::start_span(gate, parent);
  gate_ = &gate;
  std::construct_at(&active_);
  active_.frame = {.name = name,
                   .trace = start.context,
                   .correlation_id = options.correlation_id,
                   .parent = detail::current_frame()};
  if (start.is_recorded) {
    detail::SpanRing* const ring = detail::own_ring();
    buffer_ = ring == nullptr ? nullptr : ring->take_buffer();
    if (buffer_ == nullptr) {
      detail::SpanSpace::get().count_dropped();
    } else {
      buffer_->begin(gate.limits, options.name_prefix, name);
      detail::SpanHead& head = buffer_->head;
      head.kind = options.kind;
      head.context = start.context;
      if (parent.is_valid()) head.parent_id = parent.span_id;
      const bool is_local =
          options.parent != nullptr ? !options.parent_is_remote : detail::is_under_way(parent);
      head.is_local_root = !parent.is_valid() || !is_local;
      buffer_->trace_state(options.trace_state);
      head.start = gate.clock->now();
    }
  }
  enter();
}

void Span::enter() noexcept {
  active_.former_frame = detail::thread_frame;
  active_.former_trace = detail::thread_trace;
  detail::thread_frame = &active_.frame;
  detail::thread_trace = active_.frame.trace;
}

void Span::leave() noexcept {
  detail::thread_frame = active_.former_frame;
  detail::thread_trace = active_.former_trace;
}

void Span::finish() noexcept {
  leave();
  if (buffer_ != nullptr) record();
  gate_ = nullptr;
  buffer_ = nullptr;
}

void Span::record() noexcept {
  buffer_->head.end = gate_->clock->now();
  detail::record_span(*gate_, buffer_);
}

void Span::add_attribute(std::string_view key, const AttributeValue& value) noexcept {
  buffer_->attribute(key, value);
}

void Span::add_event(std::string_view name, std::span<const SpanAttribute> attributes) noexcept {
  buffer_->event(name, gate_->clock->now(), attributes);
}

void Span::add_link(const TraceContext& context,
                    std::span<const SpanAttribute> attributes) noexcept {
  buffer_->link(context, attributes);
}

void Span::set_status(SpanStatus status, std::string_view message) noexcept {
  buffer_->status(status, message);
}

void Span::set_error(const Error& error) noexcept { buffer_->fail(error); }

}  // namespace eventcore
