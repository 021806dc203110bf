#pragma once

/// \file
/// `InstrumentedCommandExecutor`: an executor whose commands are measured.
///
///     auto metrics = std::make_shared<MetricsService>();
///     InstrumentedEventStore store(open_memory_store({.probe = metrics}), metrics);
///     InstrumentedCommandExecutor executor(store, metrics);
///
/// That is all: these lines feed everything in catalogue.hpp that commands and stores feed.

#include <memory>

#include "eventcore/command_executor.hpp"
#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::observability {

/// A `CommandExecutor` that reports to `metrics`, and to the probe in its options if there is one.
/// Every execution counts once, with all its streams, however it ends.
/// Thread-safety: Thread-safe. Ownership: as `CommandExecutor`; shares the metrics.
class InstrumentedCommandExecutor : public CommandExecutor {
 public:
  /// Requires: `metrics` is not null.
  InstrumentedCommandExecutor(EventStore& store, std::shared_ptr<MetricsService> metrics,
                              CommandExecutorOptions options = {});

 private:
  MetricsWatch watch_;
};

}  // namespace eventcore::observability
