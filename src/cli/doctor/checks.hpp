#pragma once

/// \file
/// The checks that the doctor makes, and which runbooks each belongs to.
///
/// A check compares what it sees with the thresholds of the alerts and adds findings. It never
/// writes. One that can't judge says why (`Findings::not_checked`).

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../console.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/projection_storage.hpp"
#include "eventcore/store_url.hpp"
#include "finding.hpp"
#include "process_look.hpp"
#include "thresholds.hpp"

namespace eventcore::cli::doctor {

/// What checks of a process see.
struct ProcessContext {
  const ProcessLook& look;
  const Thresholds& limits;
  /// For commands to run: the store's URL, or `"$STORE"`.
  const std::string& store;
  /// What failed last, by projection, if the process has a console that says it.
  const std::map<std::string, std::string, std::less<>>& last_errors;
  /// Conflicts by stream, likewise.
  const std::map<std::string, double, std::less<>>& stream_conflicts;
  Findings& findings;
};

/// What checks of the place of a store see: they come before it is opened, and even if it can't be.
struct PlaceContext {
  const StoreUrl& url;
  const Thresholds& limits;
  const std::string& store;  ///< As above.
  Findings& findings;
};

/// What checks of a store see.
struct StoreContext {
  EventStore& event_store;
  const StoreUrl& url;
  const Thresholds& limits;
  const std::string& store;  ///< As above.
  const std::vector<ProjectionRecord>& projections;
  bool deep = false;  ///< Everything, however long it takes.
  Timestamp now{};
  Console& console;
  Findings& findings;
};

/// Runbooks by their names; the first one is about it, the others have it as a cause.
using Runbooks = std::vector<std::string_view>;

struct ProcessCheck {
  std::string_view id;
  Runbooks runbooks;
  void (*run)(const ProcessContext&);
  bool store_knows_better = false;  ///< Left out when the store is examined too.
};

struct PlaceCheck {
  std::string_view id;
  Runbooks runbooks;
  void (*run)(const PlaceContext&);
};

struct StoreCheck {
  std::string_view id;
  Runbooks runbooks;
  void (*run)(StoreContext&);
};

/// Causes before what they cause.
[[nodiscard]] const std::vector<ProcessCheck>& process_checks();
[[nodiscard]] const std::vector<PlaceCheck>& place_checks();
[[nodiscard]] const std::vector<StoreCheck>& store_checks();

/// Whether a check is to be made when only `runbook` is asked for; empty: everything is.
[[nodiscard]] bool belongs(const Runbooks& runbooks, std::string_view runbook);
/// The ids of the checks of a runbook, in order.
[[nodiscard]] std::vector<std::string> checks_of(std::string_view runbook);
/// Why a runbook has no checks; empty: it has some.
[[nodiscard]] std::string_view why_no_checks(std::string_view runbook);

// Of a process.
void check_store_up(const ProcessContext& context);
void check_health(const ProcessContext& context);
void check_canary(const ProcessContext& context);
void check_blocking(const ProcessContext& context);
void check_commits(const ProcessContext& context);
void check_pools(const ProcessContext& context);
void check_reads(const ProcessContext& context);
void check_queue(const ProcessContext& context);
void check_disk(const ProcessContext& context);
void check_care(const ProcessContext& context);
void check_conflicts(const ProcessContext& context);
void check_command_errors(const ProcessContext& context);
void check_command_latency(const ProcessContext& context);
void check_memory(const ProcessContext& context);
void check_clock(const ProcessContext& context);
void check_projection_states(const ProcessContext& context);
void check_projection_progress(const ProcessContext& context);
void check_catching_up(const ProcessContext& context);
void check_projection_leaders(const ProcessContext& context);
void check_checkpoints(const ProcessContext& context);
void check_dead_letters(const ProcessContext& context);
void check_skipped(const ProcessContext& context);
void check_rebuilds(const ProcessContext& context);
void check_telemetry(const ProcessContext& context);
void check_overflow(const ProcessContext& context);
void check_collectors(const ProcessContext& context);

// Of the place of a store.
void check_journal(const PlaceContext& context);
void check_sessions(const PlaceContext& context);

// Of a store.
void check_stored_projections(StoreContext& context);
void check_stored_leases(StoreContext& context);
void check_stored_letters(StoreContext& context);
void check_integrity(StoreContext& context);
void check_store_care(StoreContext& context);
void check_store_disk(StoreContext& context);
void check_store_clock(StoreContext& context);

}  // namespace eventcore::cli::doctor
