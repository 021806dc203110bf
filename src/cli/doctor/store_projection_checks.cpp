#include <signal.h>

#include <cerrno>
#include <optional>

#include "../../core/lease_holder.hpp"
#include "../projection_text.hpp"
#include "../time_text.hpp"
#include "checks.hpp"
#include "eventcore/projection_lag.hpp"
#include "words.hpp"

namespace eventcore::cli::doctor {
namespace {

constexpr std::size_t kLettersShown = 3;

std::string culprit_of(const ProjectionRecord& record) { return "projection " + record.name; }

/// "position 12, OrderPlaced on order-7".
std::string event_text(StoreContext& context, Position position) {
  std::string text = "position " + std::to_string(position.value);
  const auto page = context.event_store.read(
      LogQuery{.after = {position.value - 1}, .until = position, .events_max = 1});
  if (!page || page->events.empty()) return text;
  const StoredEvent& event = page->events.front();
  return text + ", " + std::string(event.type) + " on " + std::string(event.stream);
}

std::string place_of(const ProjectionRecord& record, const ProjectionLag& lag) {
  return "checkpoint " + std::to_string(record.position.value) + " of " +
         std::to_string(lag.head.value) + ", " + lag_text(lag) + (lag.events == 0 ? "" : " behind");
}

std::string saved_text(const ProjectionRecord& record, Timestamp now) {
  if (record.saved_at == Timestamp{}) return "it never saved a checkpoint";
  return "its checkpoint was last saved " + duration_text(seconds_of(now - record.saved_at)) +
         " ago";
}

/// The process of `holder`, if it was on this host and is not there any more.
std::optional<std::uint64_t> dead_process(const std::string& holder) {
  const auto pid = eventcore::detail::process_of_holder(holder);
  if (!pid || *pid == 0) return std::nullopt;
  if (kill(static_cast<pid_t>(*pid), 0) == 0 || errno != ESRCH) return std::nullopt;
  return pid;
}

/// Held by somebody, and behind.
void check_progress(StoreContext& context, const ProjectionRecord& record,
                    const ProjectionLag& lag) {
  const double behind = seconds_of(lag.age);
  const double still = record.saved_at == Timestamp{}
                           ? behind
                           : std::min(behind, seconds_of(context.now - record.saved_at));
  const bool stalled = still > context.limits("projection_idle");
  if (!stalled && behind <= context.limits("projection_lag")) return;
  Finding finding{
      .id = stalled ? "projection-stalled" : "projection-lags",
      .severity = stalled ? Severity::Critical : Severity::Warning,
      .title = stalled ? "A projection tries, and gets nowhere" : "A projection lags",
      .culprit = culprit_of(record),
      .evidence = {place_of(record, lag), saved_text(record, context.now)},
      .alert = stalled ? "ProjectionStalled" : "ProjectionLag",
      .runbook = stalled ? "projection-stalled-or-dead" : "projection-lag",
      .next = "eventcore projections status --store " + context.store + " " + record.name};
  finding.evidence.push_back("led by " + record.lease.holder);
  if (stalled) {
    const Position next{record.position.value + 1};
    finding.evidence.push_back("it stands before " + event_text(context, next));
    finding.next = "eventcore events --store " + context.store + " --after " +
                   std::to_string(record.position.value) + " --limit 1";
    finding.fix = Fix{.kind = FixKind::Resume,
                      .subject = record.name,
                      .condition = "helps if it stopped at a failure that is mended"};
  }
  // What the process says of it is more exact.
  if (context.findings.support({"projection-faulted", "projection-hangs", "projection-stalled",
                                "projection-paused", "projection-lags", "rebuild-stuck"},
                               finding.culprit, finding.evidence)) {
    return;
  }
  context.findings.add(std::move(finding));
}

void check_one(StoreContext& context, const ProjectionRecord& record) {
  const Result<ProjectionLag> lag = projection_lag(context.event_store, record.name);
  if (!lag) {
    context.findings.not_checked(culprit_of(record), lag.error().message);
    return;
  }
  if (lag->beyond_head) {
    context.findings.add(
        {.id = "checkpoint-beyond-head",
         .severity = Severity::Critical,
         .title = "A projection is ahead of the log: an older log was restored, or it is another",
         .culprit = culprit_of(record),
         .evidence = {"checkpoint " + std::to_string(record.position.value) + ", head " +
                      std::to_string(lag->head.value)},
         .alert = "ProjectionCheckpointBeyondHead",
         .runbook = "checkpoint-beyond-head",
         .next = "eventcore projections rebuild --store " + context.store + " " + record.name});
    return;
  }
  if (lag->events == 0) return;
  const double behind = seconds_of(lag->age);
  if (record.paused) {
    if (behind <= context.limits("projection_lag")) return;
    context.findings.add(
        {.id = "projection-paused",
         .title = "A projection is paused, and lags",
         .culprit = culprit_of(record),
         .evidence = {place_of(record, *lag), saved_text(record, context.now)},
         .alert = "ProjectionLag",
         .runbook = "projection-lag",
         .next = "eventcore projections resume --store " + context.store + " " + record.name,
         .fix = Fix{
             .kind = FixKind::Resume, .subject = record.name, .condition = "ask who paused it"}});
    return;
  }
  if (!record.lease.is_free(context.now)) check_progress(context, record, *lag);
}

}  // namespace

void check_stored_projections(StoreContext& context) {
  for (const ProjectionRecord& record : context.projections) check_one(context, record);
}

void check_stored_leases(StoreContext& context) {
  for (const ProjectionRecord& record : context.projections) {
    const ProjectionLease& lease = record.lease;
    const bool is_free = lease.is_free(context.now);
    const auto dead = dead_process(lease.holder);
    const double free_for =
        is_free && lease.token != 0 ? seconds_of(context.now - lease.expires) : 0;
    const bool late = free_for > context.limits("leader_for");
    const Result<ProjectionLag> lag = projection_lag(context.event_store, record.name);
    const bool behind = lag && lag->events > 0 && !record.paused &&
                        seconds_of(lag->age) > context.limits("leader_for");
    Finding finding{.culprit = culprit_of(record),
                    .alert = "ProjectionNoLeader",
                    .runbook = "projection-leadership",
                    .next = "eventcore leases --store " + context.store};
    if (lag) finding.evidence.push_back(place_of(record, *lag));
    if (!lease.holder.empty()) {
      finding.evidence.push_back(
          "the lease of " + lease.holder +
          (is_free ? " has ended " + duration_text(free_for) + " ago, and was not given back"
                   : " ends in " + duration_text(seconds_of(lease.expires - context.now))));
      if (dead) {
        finding.evidence.push_back("process " + std::to_string(*dead) + " is not there any more");
      }
      if (dead || late) {
        finding.fix = Fix{.kind = FixKind::DropLease,
                          .subject = record.name,
                          .token = lease.token,
                          .lease_end = lease.expires};
      }
    } else {
      finding.evidence.emplace_back(
          "nobody holds its lease: a leader that stops at a failure gives it back");
      finding.fix = Fix{.kind = FixKind::Resume,
                        .subject = record.name,
                        .condition = "helps if it stopped at a failure that is mended"};
    }
    if (is_free && behind && (late || lease.holder.empty())) {
      const Position next{record.position.value + 1};
      finding.evidence.push_back("it stands before " + event_text(context, next));
      if (context.findings.support({"projection-faulted", "projection-paused"}, finding.culprit,
                                   finding.evidence)) {
        continue;
      }
      finding.id = "projection-leaderless";
      finding.severity = Severity::Critical;
      finding.title =
          "Nobody leads a projection: no process runs it, or it has stopped at a failure";
      context.findings.add(std::move(finding));
    } else if (!lease.holder.empty() && (dead || late)) {
      finding.id = "lease-stale";
      finding.title = "A lease is left of a process that is gone";
      context.findings.add(std::move(finding));
    }
  }
}

void check_stored_letters(StoreContext& context) {
  for (const ProjectionRecord& record : context.projections) {
    if (record.dead_letters <= record.replays) continue;
    const auto letters = context.event_store.projections().list_dead_letters(
        {.projection = record.name, .state = DeadLetterState::Parked});
    if (!letters) {
      context.findings.not_checked("dead letters of " + record.name, letters.error().message);
      continue;
    }
    if (letters->empty()) continue;
    Timestamp oldest = context.now;
    for (const DeadLetter& letter : *letters) oldest = std::min(oldest, letter.first_failure);
    const double waits = seconds_of(context.now - oldest);
    Finding finding{
        .id = "dead-letters",
        .title = "A projection went past events that it could not apply",
        .culprit = culprit_of(record),
        .evidence = {counted(record.dead_letters - record.replays, "event") +
                     " parked, the first " + duration_text(waits) + " ago"},
        .alert = waits > context.limits("dead_letter_age") ? "DeadLetterOld" : "DeadLettersGrowing",
        .runbook = "projection-faulted-and-dead-letters",
        .next = "eventcore dead-letters show --store " + context.store + " " + record.name + " " +
                std::to_string(letters->front().position.value),
        .fix = Fix{.kind = FixKind::ReplayDeadLetters,
                   .subject = record.name,
                   .condition = "repair or deploy the projector first"}};
    for (std::size_t i = 0; i < std::min(kLettersShown, letters->size()); ++i) {
      const DeadLetter& letter = (*letters)[i];
      finding.evidence.push_back(event_text(context, letter.position) + ": " +
                                 std::string(to_string(letter.reason)) + ", " + letter.message +
                                 ", tried " + counted(letter.attempts, "time"));
    }
    context.findings.add(std::move(finding));
  }
}

}  // namespace eventcore::cli::doctor
