#pragma once

// What `LoggingProbe` and the functions of command_logging.hpp share.

#include "eventcore/probe.hpp"

namespace eventcore::detail {

/// A function logs the command that this thread executes: a probe of the executor does not.
inline constinit thread_local bool thread_logs_command = false;

void log_command_started(const CommandStart& start) noexcept;
void log_command_finished(const CommandRecord& record) noexcept;

}  // namespace eventcore::detail
