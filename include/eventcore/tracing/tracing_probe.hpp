#pragma once

/// \file
/// Spans of commands, group commits, pools and projections, made from what core tells its probes.
///
///     auto tracing = tracing_probe({.db_system = "sqlite"});
///     auto store = open_store(url, {.probe = combine({metrics, tracing})});
///     CommandExecutor executor(**store, {.probe = combine({metrics, tracing})});
///     ProjectionRunner runner(**store, projector, {.probe = tracing_projection_probe()});
///
/// They follow whichever tracer is installed, and cost a load and a branch while there is none.
/// Every span, with its attributes and links, is in docs/reference/spans.md.

#include <memory>
#include <string>

#include "eventcore/probe.hpp"
#include "eventcore/projection_probe.hpp"

namespace eventcore {

struct TracingProbeOptions {
  /// `db.system.name` of reads and appends, by OpenTelemetry's names: `sqlite`, `postgresql`.
  std::string db_system = "eventcore";
};

/// For `CommandExecutorOptions` and the options of a store; one for both will do.
/// Thread-safety: Thread-safe.
[[nodiscard]] std::shared_ptr<Probe> tracing_probe(TracingProbeOptions options = {});

/// For `ProjectionRunnerOptions`. A runner that is made while no tracer is installed is not traced.
/// Batches are read with who wrote their events, which costs as much
/// as `ProjectorDescription::with_batch`. Thread-safety: Thread-safe.
[[nodiscard]] std::shared_ptr<ProjectionProbe> tracing_projection_probe();

}  // namespace eventcore
