#include <algorithm>

#include "../progress_line.hpp"
#include "../time_text.hpp"
#include "../verify_store.hpp"
#include "checks.hpp"
#include "eventcore/store_administration.hpp"
#include "judge.hpp"

namespace eventcore::cli::doctor {
namespace {

/// Events whose checksums are compared unless everything is to be: some tenths of a second.
constexpr std::uint64_t kTailEvents = 100'000;
constexpr std::chrono::hours kLeaseAheadMax{1};  // leases are given for seconds
constexpr std::size_t kFindingsShown = 10;

std::string verify_command(const StoreContext& context) {
  return "eventcore verify --store " + context.store;
}

void tell_damage(StoreContext& context, std::string culprit, std::vector<std::string> evidence) {
  context.findings.add(
      {.id = "integrity-violation",
       .severity = Severity::Critical,
       .title = "The store contradicts itself: keep its files, a copy of them, and every backup",
       .culprit = std::move(culprit),
       .evidence = std::move(evidence),
       .alert = "IntegrityViolation",
       .runbook = "backup-and-integrity",
       .next = verify_command(context)});
}

/// What could not be read is damage only if the store says so; else it is not there, or too slow.
void tell_failure(StoreContext& context, const std::string& what, std::string culprit,
                  const Error& error) {
  if (error.code == ErrorCode::Corrupt || error.code == ErrorCode::DecodeFailed) {
    tell_damage(context, std::move(culprit), {what + ": " + describe(error)});
  } else {
    context.findings.not_checked(
        what, error.code == ErrorCode::Cancelled ? "it was interrupted" : error.message);
  }
}

void verify_all(StoreContext& context) {
  std::uint64_t checked = 0;
  const Result<VerifyReport> report = verify_store(context.event_store, context.console, checked);
  if (!report) return tell_failure(context, "the whole store", "the log", report.error());
  for (std::size_t i = 0; i < std::min(kFindingsShown, report->findings.size()); ++i) {
    const eventcore::Finding& found = report->findings[i];
    tell_damage(context,
                found.position.value == 0 ? found.check
                                          : "position " + std::to_string(found.position.value),
                {found.check + ": " + found.message,
                 "verifying has " + counted(report->findings_total, "finding")});
  }
}

/// Positions in (`after`, `head`] are dense, and every batch is what was written.
void verify_tail(StoreContext& context, Position after, Position head) {
  ProgressLine line(context.console, "checking", "events");
  std::uint64_t expected = after.value + 1;
  LogQuery query{.after = after, .until = head};
  while (!context.console.stopped()) {
    const Result<EventPage> page = context.event_store.read(query);
    if (!page) {
      return tell_failure(context, "the log from position " + std::to_string(expected) + " on",
                          "position " + std::to_string(expected), page.error());
    }
    for (const StoredEvent& event : page->events) {
      if (event.position.value != expected) {
        tell_damage(
            context, "position " + std::to_string(expected),
            {"density: events up to " + std::to_string(event.position.value - 1) + " are missing"});
      }
      expected = event.position.value + 1;
    }
    line.update(expected - after.value, head.value - after.value);
    if (!page->more || page->events.empty()) break;
    query.after = page->events.back().position;
  }
  if (context.console.stopped()) return;
  if (expected <= head.value) {
    tell_damage(context, "position " + std::to_string(expected),
                {"density: the log ends before the head, " + std::to_string(head.value)});
  }
  const Result<void> checked = context.event_store.administration().check_batches(after, head);
  if (!checked) tell_failure(context, "checksums", "the log", checked.error());
}

}  // namespace

void check_integrity(StoreContext& context) {
  if (context.deep) return verify_all(context);
  const Position head = context.event_store.head();
  if (head.value == 0) return;
  Position after{head.value > kTailEvents ? head.value - kTailEvents : 0};
  if (after.value != 0) {
    // A batch is checked whole.
    const auto page = context.event_store.read(
        LogQuery{.after = {after.value - 1}, .until = after, .events_max = 1, .with_batch = true});
    if (page && !page->events.empty() && page->events.front().batch != nullptr) {
      after = {page->events.front().batch->first.value - 1};
    }
    context.findings.not_checked(
        "gaps and checksums up to position " + grouped(after.value) + ", and indexes",
        "takes --deep");
  } else {
    context.findings.not_checked("indexes and heads of streams", "takes --deep");
  }
  verify_tail(context, after, head);
}

void check_store_care(StoreContext& context) {
  const Result<StoreCare> care = context.event_store.administration().care();
  const Result<StoreStats> stats = context.event_store.administration().stats();
  if (!care || !stats) {
    context.findings.not_checked("backups", (care ? stats.error() : care.error()).message);
    return;
  }
  const auto judge = [&](const CareHistory& history, const char* limit, bool needs_one,
                         Finding finding) {
    finding.runbook = "backup-and-integrity";
    const auto& last = history.last_success;
    if (last && seconds_of(context.now - last->time) <= context.limits(limit)) return;
    if (!last && !needs_one) return;
    finding.evidence = {last ? "the last one that succeeded began " +
                                   duration_text(seconds_of(context.now - last->time)) +
                                   " ago, at " + short_time(last->time)
                             : "there was never one that succeeded",
                        limit_text(duration_text(context.limits(limit)), limit),
                        history.is_failing() ? "it was tried since, and failed" : ""};
    if (last && stats->head > last->position) {
      finding.evidence.push_back(counted(stats->head.value - last->position.value, "event") +
                                 " came since");
    }
    context.findings.add(std::move(finding));
  };
  const bool has_old_events = stats->first_event && seconds_of(context.now - *stats->first_event) >
                                                        context.limits("backup_age");
  judge(care->backup, "backup_age", has_old_events,
        {.id = "backup-old",
         .title =
             care->backup.last_success ? "The last backup is old" : "The store was never backed up",
         .alert = "BackupTooOld",
         .next = "eventcore backup --store " + context.store + " \"$(date +%F).ecb\""});
  judge(care->restore, "restore_age", false,
        {.id = "restore-untried",
         .title = "Nobody has tried the backups for long",
         .alert = "RestoreVerifyTooOld",
         .next = "eventcore restore --store memory: --verify --remember-in " + context.store +
                 " BACKUP.ecb"});
  const auto& verified = care->verify.last_success;
  if (verified && verified->findings != 0) {
    tell_damage(context, "the log",
                {"the verification of " + short_time(verified->time) + " has " +
                 counted(verified->findings, "finding")});
  }
}

void check_store_disk(StoreContext& context) {
  const StoreSpace space = context.event_store.administration().space();
  if (!space.disk_size_bytes || !space.disk_free_bytes || *space.disk_size_bytes == 0) return;
  const auto left = static_cast<double>(*space.disk_free_bytes);
  const auto size = static_cast<double>(*space.disk_size_bytes);
  if (left / size >= context.limits("disk_full")) return;
  context.findings.add(
      {.id = "disk-filling",
       .severity = Severity::Critical,
       .title = "The disk of the store is nearly full",
       .evidence = {bytes_text(left) + " of " + bytes_text(size) + " are free, " +
                        percent_text(left / size),
                    limit_text(percent_text(context.limits("disk_full")), "disk_full"),
                    "the store takes " + bytes_text(static_cast<double>(space.size_bytes))},
       .alert = "StoreDiskFilling",
       .runbook = "disk",
       .next = "df -h " + (context.url.path().has_parent_path()
                               ? context.url.path().parent_path().string()
                               : std::string("."))});
}

void check_store_clock(StoreContext& context) {
  const auto tell = [&](const std::string& culprit, const std::string& what,
                        std::chrono::nanoseconds ahead) {
    context.findings.add({.id = "clock-jump",
                          .title = "A clock was or is wrong",
                          .culprit = culprit,
                          .evidence = {what + " lies " + duration_text(seconds_of(ahead)) +
                                       " in the future of this host"},
                          .runbook = "projection-leadership",
                          .next = "timedatectl timesync-status"});
  };
  const Result<StoreStats> stats = context.event_store.administration().stats();
  const Result<StoreCare> care = context.event_store.administration().care();
  if (!stats || !care) {
    context.findings.not_checked("times of events and backups",
                                 (stats ? care.error() : stats.error()).message);
    return;
  }
  // Others have gone on writing since the examination began.
  const Timestamp now = system_clock().wall();
  if (stats->last_event && *stats->last_event - now > kClocksDifferMax) {
    tell("whoever wrote position " + std::to_string(stats->head.value),
         "its time, " + short_time(*stats->last_event) + ",", *stats->last_event - now);
  }
  if (care->backup.last_success && care->backup.last_success->time - now > kClocksDifferMax) {
    tell("whoever made the last backup", "its time", care->backup.last_success->time - now);
  }
  for (const ProjectionRecord& record : context.projections) {
    if (record.saved_at - context.now > kClocksDifferMax) {
      tell("projection " + record.name, "when its checkpoint was saved",
           record.saved_at - context.now);
    }
    if (record.lease.holder.empty() || record.lease.expires - context.now < kLeaseAheadMax)
      continue;
    tell("projection " + record.name, "the end of its lease, held by " + record.lease.holder + ",",
         record.lease.expires - context.now);
  }
}

}  // namespace eventcore::cli::doctor
