#include "eventcore/tracing/execute_command_traced.hpp"

namespace eventcore::detail {

void describe_command(Span& span, const ExecutionResult& result) {
  if (!span.is_recording()) return;
  span.attribute("command_id", std::string_view(result.command_id().to_string()));
  span.attribute("command.success", !result.rejected());
  span.attribute("events.count", result.event_count());
  span.attribute("streams.count", result.affected_streams().size());
  span.attribute("eventcore.outcome", to_string(result.outcome()));
  span.attribute("eventcore.attempts", result.attempts());
}

}  // namespace eventcore::detail
