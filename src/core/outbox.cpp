#include "eventcore/outbox.hpp"

#include "eventcore/detail/span_frame.hpp"
#include "projector_call.hpp"

namespace eventcore {
namespace {

ProjectorDescription as_outbox(ProjectorDescription description) {
  description.with_batch = true;  // has the first part of the id, and the trace
  if (description.batch_events == 0) description.batch_events = Outbox::kBatchEvents;
  return description;
}

}  // namespace

Outbox::Outbox(ProjectorDescription description) : Projector(as_outbox(std::move(description))) {}

Result<void> Outbox::apply(std::span<const StoredEvent> events, const ProjectionContext& context) {
  if (context.side_effects_suppressed()) return {};
  for (const StoredEvent& event : events) {
    // What was delivered so far is kept, so that a slow receiver does not hold up a stop.
    if (context.stop.stop_requested()) {
      return make_error(ErrorCode::Cancelled, "the outbox has to stop", {}, event.position);
    }
    const OutboxMessage message{
        .event = event,
        .id = event.batch->id.to_string() + "/" + std::to_string(event.ordinal),
        .token = context.token,
        .attempt = &event == &events.front() ? context.attempt : 1,
        .replay = context.replay,
        .stop = context.stop};
    const detail::SpanFrame frame{key(), event.batch->trace, event.batch->correlation_id,
                                  detail::current_frame()};
    const detail::FrameScope scope(frame);
    Result<void> delivered = detail::call_projector(key(), [&] { return deliver(message); });
    if (delivered) continue;
    Error error = std::move(delivered).error();
    error.position = event.position;
    if (error.stream.empty()) error.stream = event.stream;
    return error;
  }
  return {};
}

}  // namespace eventcore
