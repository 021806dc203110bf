#pragma once

/// \file
/// `execute_command_with_logging` and `write_events_with_logging`: one call, with its records.
///
/// They write what `LoggingProbe` writes, for a program that has none; an executor that has one
/// does not write the command twice. A program that executes many commands attaches the probe.

#include <span>
#include <string_view>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/result.hpp"
#include "eventcore/write_batch.hpp"

namespace eventcore {

namespace detail {

/// The records of one command. Thread-safety: Confined to its creating thread.
class CommandLog {
 public:
  /// Writes the start.
  CommandLog(std::string_view command_type, const ExecuteOptions& options) noexcept;
  CommandLog(const CommandLog&) = delete;
  CommandLog& operator=(const CommandLog&) = delete;
  ~CommandLog();

  void succeeded(const ExecutionResult& result, std::string_view rejection_code);
  void failed(const Error& error) noexcept;

 private:
  [[nodiscard]] CommandRecord record() const noexcept;

  const std::string_view command_type_;
  const ExecuteOptions& options_;
  const TraceContext trace_;
  const Instant started_;
  const bool former_;
};

}  // namespace detail

/// Executes `command` and writes its start (debug), and its success (info) or failure (error).
/// The result, errors and blocking are those of `CommandExecutor::execute`.
template <class C>
[[nodiscard]] Result<ExecutedWith<RejectionOf<C>>> execute_command_with_logging(
    const C& command, CommandExecutor& executor, const ExecuteOptions& options = {}) {
  detail::CommandLog log(command_type<C>, options);
  auto result = executor.execute(command, options);
  if (!result) {
    log.failed(result.error());
  } else {
    const auto& rejection = result->rejection();
    log.succeeded(*result, rejection ? FixedName(rejection->code).view() : std::string_view{});
  }
  return result;
}

/// Appends `events` as one batch and writes the start (debug), and the success (info) or failure
/// (error). The result, errors and blocking are those of `EventStore::write_events`.
[[nodiscard]] Result<WriteResult> write_events_with_logging(std::span<const EventToWrite> events,
                                                            EventStore& store,
                                                            Deadline deadline = {});

}  // namespace eventcore
