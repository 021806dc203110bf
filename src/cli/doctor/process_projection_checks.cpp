#include <algorithm>
#include <cmath>

#include "checks.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "judge.hpp"

namespace eventcore::cli::doctor {

using namespace observability;

namespace {

constexpr double kLongEnoughForTrends = 60;  // seconds; a burst fills and empties within them

/// What one process says of one projection.
struct Seen {
  std::string name;
  std::string state = {};  ///< Empty: no runner here.
  double lag_seconds = NAN;
  double lag_events = NAN;
  double checkpoint = NAN;
  double fell_behind = 0;   ///< Events, between the looks.
  double moved = 0;         ///< The checkpoint, between the looks.
  double since_poll = NAN;  ///< Seconds since the log was read.
  bool leads = false;
  bool rebuilds = false;

  [[nodiscard]] bool waits_for_people() const {
    return state == "paused" || state == "faulted" || state == "stopped";
  }
  [[nodiscard]] std::string place() const {
    return "checkpoint " + number_text(checkpoint) + ", " +
           counted(static_cast<std::uint64_t>(std::max(0.0, lag_events)), "event") + " and " +
           duration_text(lag_seconds) + " behind";
  }
};

std::vector<Seen> projections_of(const ProcessLook& look) {
  std::vector<Seen> all;
  for (const Row& lag : look.rows(catalogue::kProjectionLagSeconds)) {
    const std::string name(lag.label("projection_name"));
    const ProcessLook::Labels of_it{{"projection_name", name}};
    Seen seen{.name = name, .lag_seconds = lag.value};
    for (const Row& state : look.rows(catalogue::kProjectionState, of_it)) {
      if (state.value == 1) seen.state = state.label("state");
    }
    for (const Row& row : look.rows(catalogue::kProjectionLagEvents, of_it)) {
      seen.lag_events = row.value;
      seen.fell_behind = row.rise;
    }
    for (const Row& row : look.rows(catalogue::kProjectionCheckpointPosition, of_it)) {
      seen.checkpoint = row.value;
      seen.moved = row.rise;
    }
    seen.since_poll =
        look.now() - look.value(catalogue::kProjectionLastPollTimestampSeconds, of_it);
    seen.leads = look.value(catalogue::kProjectionLeader, of_it) == 1;
    seen.rebuilds = look.value(catalogue::kProjectionRebuildRunning, of_it) == 1;
    all.push_back(std::move(seen));
  }
  return all;
}

std::string status_command(const ProcessContext& context, const std::string& name) {
  return "eventcore projections status --store " + context.store + " " + name;
}

/// What it last failed with: from the console, else by the kinds that were counted.
void add_errors(const ProcessContext& context, const std::string& name, Finding& finding) {
  const auto told = context.last_errors.find(name);
  if (told != context.last_errors.end() && !told->second.empty()) {
    finding.evidence.push_back("last error: " + told->second);
    return;
  }
  for (const Row& row :
       context.look.rows(catalogue::kProjectionErrorsTotal, {{"projection_name", name}})) {
    if (row.value <= 0) continue;
    finding.evidence.push_back(number_text(row.value) + " failures of the type " +
                               std::string(row.label("error_type")) + " since the start");
  }
}

}  // namespace

void check_projection_states(const ProcessContext& context) {
  for (const Seen& seen : projections_of(context.look)) {
    double states = 0;
    for (const Row& row :
         context.look.rows(catalogue::kProjectionState, {{"projection_name", seen.name}})) {
      states += row.value;
    }
    if (!seen.state.empty() && states != 1) {
      context.findings.add({.id = "projection-state-invalid",
                            .title = "A projection reports an impossible state",
                            .culprit = "projection " + seen.name,
                            .evidence = {"it is in " + number_text(states) + " states at once"},
                            .alert = "ProjectionStateInvalid",
                            .runbook = "projection-leadership",
                            .next = status_command(context, seen.name)});
    }
    if (seen.state != "faulted") continue;
    Finding finding{.id = "projection-faulted",
                    .severity = Severity::Critical,
                    .title = "A projection has stopped at a failure and waits for somebody",
                    .culprit = "projection " + seen.name,
                    .evidence = {"faulted; " + seen.place()},
                    .alert = "ProjectionFaulted",
                    .runbook = "projection-faulted-and-dead-letters",
                    .next = "eventcore events --store " + context.store + " --after " +
                            number_text(seen.checkpoint) + " --limit 1",
                    .fix = Fix{.kind = FixKind::Resume,
                               .subject = seen.name,
                               .condition = "repair or deploy the projector first"}};
    add_errors(context, seen.name, finding);
    context.findings.add(std::move(finding));
  }
}

void check_catching_up(const ProcessContext& context) {
  const double limit = context.limits("catching_up_events");
  for (const Seen& seen : projections_of(context.look)) {
    const bool is_far = seen.lag_events > limit && seen.lag_events - seen.fell_behind > limit;
    if (seen.rebuilds || !is_far || seen.fell_behind <= 0 || seen.moved <= 0) continue;
    if (context.look.seconds() < kLongEnoughForTrends) {
      context.findings.not_checked("whether projection " + seen.name + " catches up",
                                   "takes --interval 60 or more");
      continue;
    }
    context.findings.add(
        {.id = "projection-not-catching-up",
         .title = "A projection does not keep up: events come faster than it takes them",
         .culprit = "projection " + seen.name,
         .evidence = {seen.place(),
                      "it fell behind by " + number_text(seen.fell_behind) + " events in " +
                          duration_text(context.look.seconds()) + ", and moved by " +
                          number_text(seen.moved),
                      limit_text(number_text(limit) + " events", "catching_up_events")},
         .alert = "ProjectionNotCatchingUp",
         .runbook = "projection-lag",
         .next = status_command(context, seen.name)});
  }
}

void check_projection_progress(const ProcessContext& context) {
  const Thresholds& limits = context.limits;
  for (const Seen& seen : projections_of(context.look)) {
    const bool idle = seen.lag_seconds > limits("projection_idle");
    if (seen.rebuilds || seen.state == "faulted" || seen.state == "stopped") continue;
    Finding finding{.culprit = "projection " + seen.name,
                    .evidence = {seen.place()},
                    .next = status_command(context, seen.name)};
    const bool runs =
        seen.state == "running" || seen.state == "caught_up" || seen.state == "replaying";
    if (seen.state == "paused") {
      if (!(seen.lag_seconds > limits("projection_lag"))) continue;
      finding.id = "projection-paused";
      finding.title = "A projection is paused, and lags";
      finding.alert = "ProjectionLag";
      finding.runbook = "projection-lag";
      finding.fix =
          Fix{.kind = FixKind::Resume, .subject = seen.name, .condition = "ask who paused it"};
    } else if (idle && runs && seen.leads && seen.since_poll > limits("projection_loop")) {
      finding.id = "projection-hangs";
      finding.severity = Severity::Critical;
      finding.title = "The loop of a projection hangs";
      finding.evidence.push_back("it has not read the log for " + duration_text(seen.since_poll) +
                                 ", state " + seen.state);
      finding.alert = "ProjectionLoopDead";
      finding.runbook = "projection-stalled-or-dead";
      finding.next = "gdb --pid PROCESS --batch --ex 'thread apply all bt'";
    } else if (idle && seen.moved == 0 && seen.leads) {
      finding.id = "projection-stalled";
      finding.severity = Severity::Critical;
      finding.title = "A projection tries, and gets nowhere";
      finding.evidence.push_back("state " + seen.state + "; it has not moved in " +
                                 duration_text(context.look.seconds()));
      add_errors(context, seen.name, finding);
      finding.alert = "ProjectionStalled";
      finding.runbook = "projection-stalled-or-dead";
    } else if (seen.lag_seconds > limits("projection_lag") && (seen.leads || seen.moved > 0)) {
      finding.id = "projection-lags";
      finding.title = "A projection lags";
      finding.evidence.push_back("state " + seen.state + "; it moved by " +
                                 number_text(seen.moved) + " events in " +
                                 duration_text(context.look.seconds()));
      const WindowHistogram times = context.look.histogram(catalogue::kProjectionHandleSeconds,
                                                           {{"projection_name", seen.name}});
      if (times.count() > 0) {
        finding.evidence.push_back("its projector: " + quantiles_text(times, 0.95, "batches"));
      }
      finding.alert = "ProjectionLag";
      finding.runbook = "projection-lag";
    } else {
      continue;
    }
    context.findings.add(std::move(finding));
  }
}

// One process does not know whether another one leads: only a growing lag tells that nobody does.
void check_projection_leaders(const ProcessContext& context) {
  for (const Seen& seen : projections_of(context.look)) {
    const bool nobody = !seen.leads && seen.moved == 0 && !seen.waits_for_people() &&
                        seen.lag_seconds > context.limits("projection_idle");
    if (!nobody) continue;
    context.findings.add(
        {.id = "projection-leaderless",
         .severity = Severity::Critical,
         .title = "Nobody leads a projection",
         .culprit = "projection " + seen.name,
         .evidence = {"the process waits for its turn, and nobody moves it; " + seen.place()},
         .alert = "ProjectionNoLeader",
         .runbook = "projection-leadership",
         .next = "eventcore leases --store " + context.store});
  }
}

void check_checkpoints(const ProcessContext& context) {
  for (const Row& row : context.look.rows(catalogue::kProjectionCheckpointBeyondHead)) {
    if (row.value != 1) continue;
    const std::string name(row.label("projection_name"));
    const ProcessLook::Labels of_it{{"projection_name", name}};
    context.findings.add(
        {.id = "checkpoint-beyond-head",
         .severity = Severity::Critical,
         .title = "A projection is ahead of the log: an older log was restored, or it is another",
         .culprit = "projection " + name,
         .evidence = {"checkpoint " +
                      number_text(
                          context.look.value(catalogue::kProjectionCheckpointPosition, of_it)) +
                      ", head " +
                      number_text(context.look.value(catalogue::kProjectionHeadPosition, of_it))},
         .alert = "ProjectionCheckpointBeyondHead",
         .runbook = "checkpoint-beyond-head",
         .next = "eventcore projections rebuild --store " + context.store + " " + name});
  }
}

void check_dead_letters(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  for (const Row& row : look.rows(catalogue::kProjectionDeadLetters)) {
    if (row.value <= 0) continue;
    const std::string name(row.label("projection_name"));
    const ProcessLook::Labels of_it{{"projection_name", name}};
    const double oldest =
        look.now() - look.value(catalogue::kProjectionOldestDeadLetterTimestampSeconds, of_it);
    const bool is_old = oldest > context.limits("dead_letter_age");
    Finding finding{
        .id = "dead-letters",
        .title = "A projection went past events that it could not apply",
        .culprit = "projection " + name,
        .evidence = {number_text(row.value) + " wait, the oldest for " + duration_text(oldest)},
        .alert = is_old ? "DeadLetterOld" : "DeadLettersGrowing",
        .runbook = "projection-faulted-and-dead-letters",
        .next = "eventcore dead-letters list --store " + context.store + " " + name,
        .fix = Fix{.kind = FixKind::ReplayDeadLetters,
                   .subject = name,
                   .condition = "repair or deploy the projector first"}};
    for (const Row& made : look.rows(catalogue::kProjectionDeadLettersTotal, of_it)) {
      if (made.value <= 0) continue;
      finding.evidence.push_back(number_text(made.value) + " because of " +
                                 std::string(made.label("reason")) + " since the start");
    }
    context.findings.add(std::move(finding));
  }
}

void check_skipped(const ProcessContext& context) {
  for (const Row& row : context.look.rows(catalogue::kProjectionSkippedTotal)) {
    if (row.value <= 0) continue;
    const std::string name(row.label("projection_name"));
    context.findings.add(
        {.id = "events-skipped",
         .severity = Severity::Info,
         .title = "A projection left out events, on request",
         .culprit = "projection " + name,
         .evidence = {number_text(row.value) +
                      " since the start of the process: " + std::string(row.label("reason"))},
         .alert = "EventsSkipped",
         .runbook = "skipped-events",
         .next = status_command(context, name)});
  }
}

void check_rebuilds(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  for (const Seen& seen : projections_of(look)) {
    if (!seen.rebuilds) continue;
    const ProcessLook::Labels of_it{{"projection_name", seen.name}};
    const std::vector<Row> done = look.rows(catalogue::kProjectionRebuildDoneEvents, of_it);
    const double eta = look.value(catalogue::kProjectionRebuildEtaSeconds, of_it);
    const bool stuck = !done.empty() && done.front().rise == 0 &&
                       seen.since_poll > context.limits("projection_loop");
    if (!stuck && !(eta > context.limits("rebuild_eta"))) continue;
    const double ratio = look.value(catalogue::kProjectionRebuildProgressRatio, of_it);
    context.findings.add(
        {.id = stuck ? "rebuild-stuck" : "rebuild-slow",
         .title = stuck ? "A rebuild is stuck" : "A rebuild takes long",
         .culprit = "projection " + seen.name,
         .evidence = {percent_text(ratio) + " done, " + duration_text(eta) + " left as it goes",
                      stuck ? "the log was last read " + duration_text(seen.since_poll) + " ago"
                            : limit_text(duration_text(context.limits("rebuild_eta")),
                                         "rebuild_eta")},
         .alert = stuck ? "RebuildStuck" : "RebuildSlow",
         .runbook = "projection-rebuild",
         .next = status_command(context, seen.name)});
  }
}

}  // namespace eventcore::cli::doctor
