#include "eventcore/observability/instrumented_command_executor.hpp"

#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::observability {
namespace {

CommandExecutorOptions with_metrics(CommandExecutorOptions options,
                                    std::shared_ptr<MetricsService> metrics) {
  EVENTCORE_ASSERT(metrics != nullptr, "an instrumented executor needs metrics");
  // A probe that is told twice would count twice.
  if (options.probe != metrics) options.probe = combine({options.probe, std::move(metrics)});
  return options;
}

}  // namespace

InstrumentedCommandExecutor::InstrumentedCommandExecutor(EventStore& store,
                                                         std::shared_ptr<MetricsService> metrics,
                                                         CommandExecutorOptions options)
    : CommandExecutor(store, with_metrics(std::move(options), metrics)),
      watch_(metrics->watch(*this)) {}

}  // namespace eventcore::observability
