#pragma once

/// \file
/// `execute_command_traced`: a command and its span, whether the executor has a `tracing_probe` or
/// not. With one, `CommandExecutor::execute` does the same.

#include "eventcore/command_executor.hpp"
#include "eventcore/tracing/span.hpp"

namespace eventcore {

namespace detail {
/// What is told of a command that has no probe.
void describe_command(Span& span, const ExecutionResult& result);
}  // namespace detail

/// Executes `command` in a span with `command_id`, `command.type`, `command.success`,
/// `events.count`, `streams.count`, and with an error `error.message` and `error.type`.
/// Without a `tracing_probe` it has no children for attempts, and the id only if there is a result.
template <class C>
[[nodiscard]] Result<Executed<C>> execute_command_traced(const C& command,
                                                         CommandExecutor& executor,
                                                         const ExecuteOptions& options = {}) {
  if (executor.traces_commands()) return executor.execute(command, options);
  SpanOptions how{.name_prefix = "execute ", .correlation_id = options.correlation_id};
  if (options.trace) how.parent = &*options.trace;
  Span span(command_type<C>, how);
  span.attribute("command.type", command_type<C>);
  ExecuteOptions inside = options;
  if (span.context().is_valid()) inside.trace = span.context();
  Result<Executed<C>> result = executor.execute(command, inside);
  if (result) {
    detail::describe_command(span, *result);
  } else {
    span.attribute("command.success", false).fail(result.error());
  }
  return result;
}

}  // namespace eventcore
