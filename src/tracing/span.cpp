#include "eventcore/tracing/span.hpp"

#include "span_start.hpp"

namespace eventcore {

void Span::begin(const detail::TracerGate& gate, std::string_view name,
                 const SpanOptions& options) noexcept {
  const TraceContext& parent = options.parent != nullptr ? *options.parent : detail::thread_trace;
  gate_ = &gate;
  std::construct_at(&active_);
  active_.frame.name = name;
  active_.frame.correlation_id = options.correlation_id;
  active_.frame.parent = detail::thread_frame;
  if (detail::start_span(gate, parent, active_.frame.trace)) begin_record(parent, options);
  enter();
}

void Span::begin_record(const TraceContext& parent, const SpanOptions& options) noexcept {
  detail::SpanRing* const ring = detail::own_ring();
  buffer_ = ring == nullptr ? nullptr : ring->take_buffer();
  if (buffer_ == nullptr) {
    detail::SpanSpace::get().count_dropped();
    return;
  }
  buffer_->begin(gate_->limits, options.name_prefix, active_.frame.name);
  detail::SpanHead& head = buffer_->head;
  head.kind = options.kind;
  detail::copy_trace(head.context, active_.frame.trace);
  if (parent.is_valid()) head.parent_id = parent.span_id;
  const bool is_local =
      options.parent != nullptr ? !options.parent_is_remote : detail::is_under_way(parent);
  head.is_local_root = !parent.is_valid() || !is_local;
  buffer_->trace_state(options.trace_state);
  head.start = gate_->clock->now();
}

void Span::enter() noexcept {
  active_.former_frame = detail::thread_frame;
  detail::copy_trace(active_.former_trace, detail::thread_trace);
  detail::thread_frame = &active_.frame;
  detail::copy_trace(detail::thread_trace, active_.frame.trace);
}

void Span::leave() noexcept {
  detail::thread_frame = active_.former_frame;
  detail::copy_trace(detail::thread_trace, active_.former_trace);
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
