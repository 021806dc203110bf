#include "checks.hpp"

#include <algorithm>

namespace eventcore::cli::doctor {

const std::vector<ProcessCheck>& process_checks() {
  static const std::vector<ProcessCheck> kChecks = {
      {"process.store-up", {"store-unavailable", "command-errors", "service-down"}, check_store_up},
      {"process.health", {"store-unavailable", "service-down"}, check_health},
      {"process.canary", {"canary", "store-unavailable"}, check_canary},
      {"process.disk", {"disk", "store-unavailable"}, check_disk},
      {"process.blocking",
       {"store-latency-and-commit", "command-latency", "connection-pool"},
       check_blocking,
       true},
      {"process.commits",
       {"store-latency-and-commit", "command-latency", "append-queue", "slo-budget-burn"},
       check_commits},
      {"process.pools",
       {"connection-pool", "store-latency-and-commit", "command-latency"},
       check_pools},
      {"process.reads",
       {"store-latency-and-commit", "connection-pool", "command-latency"},
       check_reads},
      {"process.queue",
       {"append-queue", "command-latency", "command-errors", "memory"},
       check_queue},
      {"process.conflicts",
       {"conflict-storm", "command-latency", "command-errors", "slo-budget-burn"},
       check_conflicts},
      {"process.command-errors", {"command-errors", "slo-budget-burn"}, check_command_errors},
      {"process.command-latency", {"command-latency", "slo-budget-burn"}, check_command_latency},
      {"process.clock", {"projection-leadership", "projection-lag"}, check_clock},
      {"process.checkpoints",
       {"checkpoint-beyond-head", "projection-lag"},
       check_checkpoints,
       true},
      {"process.projection-states",
       {"projection-faulted-and-dead-letters", "projection-leadership", "projection-lag",
        "slo-budget-burn"},
       check_projection_states},
      {"process.projection-leaders",
       {"projection-leadership", "projection-stalled-or-dead", "projection-lag"},
       check_projection_leaders,
       true},
      {"process.projection-progress",
       {"projection-stalled-or-dead", "projection-lag", "projection-rebuild", "slo-budget-burn"},
       check_projection_progress},
      {"process.catching-up", {"projection-lag", "slo-budget-burn"}, check_catching_up},
      {"process.rebuilds", {"projection-rebuild", "projection-lag"}, check_rebuilds},
      {"process.dead-letters", {"projection-faulted-and-dead-letters"}, check_dead_letters, true},
      {"process.skipped", {"skipped-events"}, check_skipped},
      {"process.care", {"backup-and-integrity"}, check_care, true},
      {"process.memory", {"memory", "service-down"}, check_memory},
      {"process.telemetry", {"telemetry-and-cardinality"}, check_telemetry},
      {"process.label-overflow", {"telemetry-and-cardinality", "memory"}, check_overflow},
      {"process.collectors", {"telemetry-and-cardinality"}, check_collectors},
  };
  return kChecks;
}

const std::vector<PlaceCheck>& place_checks() {
  static const std::vector<PlaceCheck> kChecks = {
      {"store.sessions",
       {"store-latency-and-commit", "connection-pool", "command-latency", "append-queue",
        "store-unavailable"},
       check_sessions},
      {"store.journal", {"disk", "store-latency-and-commit"}, check_journal},
  };
  return kChecks;
}

const std::vector<StoreCheck>& store_checks() {
  static const std::vector<StoreCheck> kChecks = {
      {"store.integrity", {"backup-and-integrity"}, check_integrity},
      {"store.disk", {"disk", "store-unavailable"}, check_store_disk},
      {"store.clock", {"projection-leadership", "projection-lag"}, check_store_clock},
      {"store.projections",
       {"projection-lag", "checkpoint-beyond-head", "projection-stalled-or-dead",
        "projection-leadership", "projection-rebuild", "projection-faulted-and-dead-letters",
        "skipped-events", "slo-budget-burn"},
       check_stored_projections},
      {"store.leases",
       {"projection-leadership", "projection-stalled-or-dead", "projection-lag",
        "projection-faulted-and-dead-letters"},
       check_stored_leases},
      {"store.dead-letters", {"projection-faulted-and-dead-letters"}, check_stored_letters},
      {"store.care", {"backup-and-integrity"}, check_store_care},
  };
  return kChecks;
}

bool belongs(const Runbooks& runbooks, std::string_view runbook) {
  return runbook.empty() || std::find(runbooks.begin(), runbooks.end(), runbook) != runbooks.end();
}

std::vector<std::string> checks_of(std::string_view runbook) {
  std::vector<std::string> ids;
  for (const ProcessCheck& check : process_checks()) {
    if (belongs(check.runbooks, runbook)) ids.emplace_back(check.id);
  }
  for (const PlaceCheck& check : place_checks()) {
    if (belongs(check.runbooks, runbook)) ids.emplace_back(check.id);
  }
  for (const StoreCheck& check : store_checks()) {
    if (belongs(check.runbooks, runbook)) ids.emplace_back(check.id);
  }
  return ids;
}

std::string_view why_no_checks(std::string_view runbook) {
  if (runbook == "watchdog") return "it is about Prometheus and Alertmanager, not about EventCore";
  return {};
}

}  // namespace eventcore::cli::doctor
