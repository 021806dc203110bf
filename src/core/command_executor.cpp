#include "eventcore/command_executor.hpp"

#include "executor_core.hpp"

namespace eventcore {

CommandExecutor::CommandExecutor(EventStore& store, CommandExecutorOptions options)
    : core_(std::make_unique<detail::ExecutorCore>(store, std::move(options))) {}

CommandExecutor::~CommandExecutor() {
  const Result<void> done = core_->shutdown({});
  EVENTCORE_ASSERT(done.has_value(), done.error().message);
}

Result<void> CommandExecutor::shutdown(Deadline deadline) { return core_->shutdown(deadline); }

bool CommandExecutor::traces_commands() const noexcept { return core_->trace_probe() != nullptr; }
std::uint32_t CommandExecutor::timing_weight() const noexcept { return core_->timing_weight(); }

std::uint32_t CommandExecutor::in_flight() const noexcept { return core_->in_flight(); }

EventStore& CommandExecutor::store() noexcept { return core_->store(); }

}  // namespace eventcore
