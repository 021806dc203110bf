#include "eventcore/projector.hpp"

#include "eventcore/trace_context.hpp"
#include "projector_call.hpp"

namespace eventcore {

Projector::Projector(ProjectorDescription description)
    : description_(std::move(description)),
      key_(description_.version == 1 ? std::string(description_.name.view())
                                     : std::string(description_.name.view()) + "@" +
                                           std::to_string(description_.version)) {}

Result<void> Projector::reset(Position, const ProjectionContext&) { return {}; }

Result<void> EventProjector::apply(std::span<const StoredEvent> events,
                                   const ProjectionContext& context) {
  for (const StoredEvent& event : events) {
    const TraceScope trace(event.batch != nullptr ? event.batch->trace : current_trace());
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
