#include <algorithm>
#include <cmath>
#include <map>

#include "checks.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "judge.hpp"

namespace eventcore::cli::doctor {

using namespace observability;

namespace {

constexpr double kLongEnoughForDisks = 60;  // seconds; journals grow in steps

std::string stats_command(const ProcessContext& context) {
  return "eventcore stats --store " + context.store;
}

}  // namespace

void check_store_up(const ProcessContext& context) {
  for (const Row& row : context.look.rows(catalogue::kStoreUp)) {
    if (row.value != 0) continue;
    context.findings.add(
        {.id = "store-unavailable",
         .severity = Severity::Critical,
         .title = "The process can't use its event store",
         .culprit = std::string(row.label("backend")) + " store of " + context.look.url(),
         .evidence = {std::string(catalogue::kStoreUp.name) + " is 0"},
         .alert = "EventStoreUnavailable",
         .runbook = "store-unavailable",
         .next = stats_command(context)});
  }
}

void check_health(const ProcessContext& context) {
  for (const Row& row : context.look.rows(catalogue::kHealthStatus)) {
    if (row.value != 0) continue;
    const bool is_store = row.label("check").starts_with("store:");
    context.findings.add({.id = "health-check-fails",
                          .severity = is_store ? Severity::Critical : Severity::Warning,
                          .title = "A health check fails",
                          .culprit = std::string(row.label("check")),
                          .evidence = {std::string(catalogue::kHealthStatus.name) + " is 0 at " +
                                       context.look.url()},
                          .alert = is_store ? "EventStoreUnavailable" : "",
                          .runbook = "store-unavailable",
                          .next = stats_command(context)});
  }
}

void check_canary(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  const double unseen = look.now() - look.value(catalogue::kCanaryLastSuccessTimestampSeconds);
  const double period = look.value(catalogue::kCanaryPeriodSeconds);
  const double periods = context.limits("canary_periods");
  if (!(unseen > periods * period)) return;  // nor without a canary
  Finding finding{
      .id = "canary-unseen",
      .severity = Severity::Critical,
      .title = "The canary of the process is not seen: commands hang or fail as well",
      .culprit = look.url(),
      .evidence = {"last seen " + duration_text(unseen) + " ago, one is due every " +
                       duration_text(period),
                   limit_text(number_text(periods) + " periods", "canary_periods")},
      .alert = "CanaryFailing",
      .runbook = "canary",
      .next = "eventcore events --store " + context.store + " --type eventcore_canary --since 15m"};
  for (const Row& row : look.rows(catalogue::kCanaryFailuresTotal)) {
    if (row.value <= 0) continue;
    finding.evidence.push_back(number_text(row.value) + " did not get to the stage " +
                               std::string(row.label("stage")));
  }
  context.findings.add(std::move(finding));
}

void check_blocking(const ProcessContext& context) {
  const double age = context.look.value(catalogue::kStoreBlockingTransactionAgeSeconds);
  if (!(age > context.limits("blocking_age"))) return;
  context.findings.add(
      {.id = "blocking-transaction",
       .title = "A transaction of somebody else blocks appends",
       .culprit = {},
       .evidence = {"it has held a lock that appends need for " + duration_text(age),
                    limit_text(duration_text(context.limits("blocking_age")), "blocking_age")},
       .alert = "LongBlockingTransaction",
       .runbook = "store-latency-and-commit",
       .next = "eventcore doctor --store " + context.store + " --alert LongBlockingTransaction"});
}

void check_commits(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  const WindowHistogram commits = look.histogram(catalogue::kCommitSeconds);
  if (commits.count() == 0) {
    context.findings.not_checked("slow commits", "nothing was committed in the window");
    return;
  }
  const double limit = context.limits("commit_p99");
  if (!is_slow(commits, 0.99, limit)) return;
  const WindowHistogram waits = look.histogram(catalogue::kCommitLockWaitSeconds);
  const WindowHistogram groups = look.histogram(catalogue::kAppendBatchCommands);
  const double waited = waits.count() == 0 ? 0 : waits.quantile(0.5);
  const bool others = waited > commits.quantile(0.5) / 2;
  const std::string backend = look.values_of(catalogue::kStoreUp, "backend").empty()
                                  ? std::string("store")
                                  : look.values_of(catalogue::kStoreUp, "backend").front();
  Finding finding{.id = "commits-slow",
                  .title = "Commits are slow",
                  .culprit = others ? "other processes that commit to the same store"
                             : backend == "postgres" ? "the server's disk (fsync) or standby"
                                                     : "the disk of the store (fsync)",
                  .evidence = {quantiles_text(commits, 0.99, "commits"),
                               limit_text(duration_text(limit), "commit_p99")},
                  .alert = "CommitSlow",
                  .runbook = "store-latency-and-commit",
                  .next = backend == "postgres"
                              ? "eventcore doctor --store " + context.store + " --alert CommitSlow"
                              : "iostat -x 1 5"};
  if (waits.count() > 0) {
    finding.evidence.push_back("waits for the turn: " + quantiles_text(waits, 0.99, "groups"));
  }
  finding.evidence.push_back(
      number_text(look.rise(catalogue::kAppendBytesTotal) / commits.count()) + " bytes and up to " +
      number_text(groups.quantile(0.99)) + " commands a commit: the load is " +
      (groups.quantile(0.5) > 100 ? "large" : "small"));
  context.findings.add(std::move(finding));
}

void check_reads(const ProcessContext& context) {
  const double limit = context.limits("read_p99");
  for (const char* operation : {"read", "read_all", "head", "checkpoint_load"}) {
    const WindowHistogram reads =
        context.look.histogram(catalogue::kEventStoreLatencySeconds, {{"operation", operation}});
    if (reads.count() == 0 || !is_slow(reads, 0.99, limit)) continue;
    context.findings.add(
        {.id = "reads-slow",
         .title = "The event store is slow to read",
         .culprit = std::string("operation ") + operation,
         .evidence = {quantiles_text(reads, 0.99, "reads"),
                      limit_text(duration_text(limit), "read_p99")},
         .alert = "EventStoreLatencyHigh",
         .runbook = "store-latency-and-commit",
         .next = "eventcore doctor --store " + context.store + " --alert EventStoreLatencyHigh"});
  }
}

void check_queue(const ProcessContext& context) {
  const double limit = context.limits("queue_wait_p99");
  const WindowHistogram waits = context.look.histogram(catalogue::kAppendQueueWaitSeconds);
  const WindowHistogram commits = context.look.histogram(catalogue::kCommitSeconds);
  if (waits.count() == 0 || !is_slow(waits, 0.99, limit)) return;
  // While commits are slow, the queue is long because of them.
  if (is_slow(commits, 0.99, context.limits("commit_p99"))) return;
  std::string busiest;
  double most = 0;
  for (const Row& row : context.look.rows(catalogue::kCommandsTotal)) {
    if (row.rise <= most) continue;
    most = row.rise;
    busiest = row.label("command_type");
  }
  context.findings.add(
      {.id = "append-queue-long",
       .title = "Appends queue up",
       .culprit = busiest.empty() ? "" : "most commands are " + busiest,
       .evidence = {"waits: " + quantiles_text(waits, 0.99, "groups"),
                    limit_text(duration_text(limit), "queue_wait_p99"),
                    "left in the queue after the last commit: " +
                        number_text(context.look.value(catalogue::kAppendQueueDepth)),
                    "commits are fast: " + quantiles_text(commits, 0.99, "commits")},
       .alert = "AppendQueueBackingUp",
       .runbook = "append-queue",
       .next = "eventcore top --url " + context.look.url()});
}

void check_pools(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  for (const Row& size : look.rows(catalogue::kConnectionPoolMaxSize)) {
    const std::string pool(size.label("pool"));
    const ProcessLook::Labels of_pool{{"pool", pool}};
    const double used = look.value(catalogue::kConnectionPoolInUse, of_pool);
    const std::vector<Row> pending = look.rows(catalogue::kConnectionPoolPendingRequests, of_pool);
    if (size.value <= 0 || pending.empty()) continue;
    const double waiting = pending.front().value;
    const double waited_before = waiting - pending.front().rise;
    const double timeouts = look.rise(catalogue::kConnectionPoolTimeoutsTotal, of_pool);
    const WindowHistogram waits = look.histogram(catalogue::kConnectionPoolWaitSeconds, of_pool);
    const WindowHistogram use = look.histogram(catalogue::kConnectionPoolUseSeconds, of_pool);
    const double limit = context.limits("pool_in_use");
    // A busy pool is full at a moment; one that is exhausted lets requests wait.
    const bool is_full = used / size.value > limit && waiting > 0 && waited_before > 0;
    const bool waits_long = waits.count() == 0 || is_slow(waits, 0.9, context.limits("read_p99"));
    if (timeouts == 0 && !(is_full && waits_long)) continue;
    const bool long_use = use.count() == 0 || use.quantile(0.5) > context.limits("read_p99");
    context.findings.add(
        {.id = "pool-exhausted",
         .severity = Severity::Critical,
         .title = "A connection pool is exhausted",
         .culprit = "pool " + pool,
         .evidence = {number_text(used) + " of " + number_text(size.value) +
                          " connections in use, and " + number_text(waiting) + " requests wait",
                      timeouts > 0 ? number_text(timeouts) + " requests got none in time" : "",
                      use.count() == 0
                          ? "no connection was given back in the window: what uses them hangs"
                          : "use: " + quantiles_text(use, 0.99, "uses") +
                                (long_use ? ": slow reads" : ": the load is larger than the pool"),
                      limit_text(percent_text(limit), "pool_in_use")},
         .alert = "DatabaseConnectionPoolExhausted",
         .runbook = "connection-pool",
         .next = "eventcore doctor --store " + context.store +
                 " --alert DatabaseConnectionPoolExhausted"});
  }
}

void check_disk(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  const std::vector<Row> free = look.rows(catalogue::kStoreDiskFreeBytes);
  const double size = look.value(catalogue::kStoreDiskSizeBytes);
  if (free.empty() || !(size > 0)) return;
  const double left = free.front().value;
  const bool is_full = left / size < context.limits("disk_full");
  const double rate = -free.front().rise / look.seconds();
  const double lasts = rate > 0 ? left / rate : INFINITY;
  const bool can_tell = look.seconds() >= kLongEnoughForDisks;
  if (!can_tell) {
    context.findings.not_checked("whether the disk fills up", "takes --interval 60 or more");
  }
  const bool fills = can_tell && lasts < context.limits("disk_warning");
  if (!is_full && !fills) return;
  const bool soon = is_full || lasts < context.limits("disk_critical");
  Finding finding{.id = "disk-filling",
                  .severity = soon ? Severity::Critical : Severity::Warning,
                  .title = is_full ? "The disk of the store is nearly full"
                                   : "The disk of the store is filling",
                  .culprit = {},
                  .evidence = {bytes_text(left) + " of " + bytes_text(size) + " are free, " +
                               percent_text(left / size)},
                  .alert = "StoreDiskFilling",
                  .runbook = "disk",
                  .next = stats_command(context)};
  if (fills) {
    finding.evidence.push_back("as it went in these " + duration_text(look.seconds()) +
                               " they last " + duration_text(lasts));
  }
  if (is_full) {
    finding.evidence.push_back(limit_text(percent_text(context.limits("disk_full")), "disk_full"));
  }
  finding.evidence.push_back("the store takes " +
                             bytes_text(look.value(catalogue::kStoreSizeBytes)));
  context.findings.add(std::move(finding));
}

void check_care(const ProcessContext& context) {
  const ProcessLook& look = context.look;
  const auto judge = [&](const char* task, const char* limit_name, Finding finding) {
    const double age = look.value(catalogue::kStoreCareAgeSeconds, {{"task", task}});
    const double limit = context.limits(limit_name);
    if (!(age > limit)) return;
    const bool fails = look.value(catalogue::kStoreCareFailed, {{"task", task}}) == 1;
    finding.evidence = {"the last one that succeeded began " + duration_text(age) + " ago",
                        limit_text(duration_text(limit), limit_name),
                        fails ? "it was tried since, and failed" : "it was not tried since"};
    finding.runbook = "backup-and-integrity";
    context.findings.add(std::move(finding));
  };
  judge("backup", "backup_age",
        {.id = "backup-old",
         .title = "The last backup is old",
         .alert = "BackupTooOld",
         .next = "eventcore backup --store " + context.store + " \"$(date +%F).ecb\""});
  judge("restore", "restore_age",
        {.id = "restore-untried",
         .title = "Nobody has tried the backups for long",
         .alert = "RestoreVerifyTooOld",
         .next = "eventcore restore --store memory: --verify --remember-in " + context.store +
                 " BACKUP.ecb"});
  const double found = look.value(catalogue::kStoreVerifyFindings);
  if (!(found > 0)) return;
  context.findings.add({.id = "integrity-violation",
                        .severity = Severity::Critical,
                        .title = "The store contradicts itself",
                        .culprit = {},
                        .evidence = {"the last verification has " + number_text(found) +
                                     (found == 1 ? " finding" : " findings")},
                        .alert = "IntegrityViolation",
                        .runbook = "backup-and-integrity",
                        .next = "eventcore verify --store " + context.store});
}

}  // namespace eventcore::cli::doctor
