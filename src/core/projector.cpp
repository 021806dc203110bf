#include "eventcore/projector.hpp"

#include "eventcore/detail/span_frame.hpp"
#include "projector_call.hpp"

namespace eventcore {
namespace {

std::string key_of(const ProjectorDescription& description) {
  std::string key(description.name.view());
  if (!description.instance.empty()) key += "." + description.instance;
  if (description.version != 1) key += "@" + std::to_string(description.version);
  return key;
}

}  // namespace

Projector::Projector(ProjectorDescription description)
    : description_(std::move(description)), key_(key_of(description_)) {}

Result<void> Projector::reset(Position, const ProjectionContext&) { return {}; }

Result<void> EventProjector::apply(std::span<const StoredEvent> events,
                                   const ProjectionContext& context) {
  for (const StoredEvent& event : events) {
    // Where only a probe wants the batches, the projector works under the span of its own.
    const auto* const batch = event.batch;
    const bool is_asked_for = batch != nullptr && description().with_batch;
    const detail::SpanFrame frame{key(), is_asked_for ? batch->trace : current_trace(),
                                  batch != nullptr ? batch->correlation_id : std::string_view{},
                                  detail::current_frame()};
    const detail::FrameScope scope(frame);
    // Caught here too: an exception that leaves knows no position.
    Result<void> applied =
        detail::call_projector(key(), [&] { return apply_stored(event, context); });
    if (applied) continue;
    Error error = std::move(applied).error();
    error.position = event.position;
    if (error.stream.empty()) error.stream = event.stream;
    return error;
  }
  return {};
}

}  // namespace eventcore
