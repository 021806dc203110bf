// What the doctor judges by and how, without a process or a store.

#include <gmock/gmock.h>

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>

#include "doctor/alerts.hpp"
#include "doctor/checks.hpp"
#include "doctor/finding.hpp"
#include "doctor/judge.hpp"
#include "doctor/mitigations.hpp"
#include "doctor/process_look.hpp"
#include "doctor/thresholds.hpp"
#include "doctor/words.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/projection_storage.hpp"
#include "scrape/metrics_text.hpp"

namespace eventcore::cli::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace catalogue = observability::catalogue;

constexpr double kSeconds = 10;
constexpr Timestamp kNow{std::chrono::seconds{1'700'000'000}};

/// Two pages of metrics, ten seconds apart.
ProcessLook look(const std::string& before, const std::string& after) {
  auto first = parse_metrics_text("eventcore_store_up{backend=\"sqlite\"} 1\n" + before);
  auto second = parse_metrics_text("eventcore_store_up{backend=\"sqlite\"} 1\n" + after);
  EXPECT_TRUE(first && second);
  return ProcessLook("http://h:1/metrics", *first, *second, kSeconds, kNow);
}

/// What `check` finds.
Findings found(const ProcessLook& two, void (*check)(const ProcessContext&)) {
  Findings findings;
  const Thresholds limits = Thresholds::built_in();
  check({.look = two,
         .limits = limits,
         .store = "sqlite:shop.db",
         .last_errors = {},
         .stream_conflicts = {},
         .findings = findings});
  return findings;
}

/// A histogram of which `fast` values are up to 1 ms and `slow` ones above 0.1 s.
std::string histogram(const std::string& name, int fast, int slow) {
  return name + "_bucket{le=\"0.001\"} " + std::to_string(fast) + "\n" + name +
         "_bucket{le=\"0.1\"} " + std::to_string(fast) + "\n" + name + "_bucket{le=\"1\"} " +
         std::to_string(fast + slow) + "\n" + name + "_bucket{le=\"+Inf\"} " +
         std::to_string(fast + slow) + "\n" + name + "_sum 1\n";
}

TEST(DoctorThresholds, AreThoseOfTheAlerts) {
  const Thresholds limits = Thresholds::built_in();
  EXPECT_EQ(limits("commit_p99"), 0.05);
  EXPECT_EQ(limits("leader_for"), 120);
  EXPECT_EQ(limits("disk_window"), 6 * 3'600);
}

/// Those of a file with `text` in it.
Result<Thresholds> of_file(const std::string& text) {
  const std::string path = ::testing::TempDir() + "doctor-thresholds-" + std::to_string(getpid());
  std::ofstream(path) << text;
  auto limits = Thresholds::from_file(path);
  remove(path.c_str());
  return limits;
}

TEST(DoctorThresholds, OfAFileReplaceThem) {
  const auto limits =
      of_file("# ours\ncommit_p99: 0.2   # a slow disk\nleader_for: 5m\nblocking_age: 1m30s\n");
  ASSERT_TRUE(limits);
  EXPECT_EQ((*limits)("commit_p99"), 0.2);
  EXPECT_EQ((*limits)("leader_for"), 300);
  EXPECT_EQ((*limits)("blocking_age"), 90);
  EXPECT_EQ((*of_file("read_p99: 500ms\n"))("read_p99"), 0.5);
}

TEST(DoctorThresholds, OfABrokenFileAreRefused) {
  EXPECT_THAT(of_file("# ours\ncommit_p99: much\n").error().message,
              HasSubstr("line 2: commit_p99 has to be a number or a duration"));
  EXPECT_THAT(of_file("commit_p99: 5m0x\n").error().message, HasSubstr("line 1: commit_p99"));
  EXPECT_EQ(Thresholds::from_file("/nowhere").error().code, ErrorCode::InvalidArgument);
}

TEST(DoctorAlerts, HaveRunbooks) {
  ASSERT_NE(find_alert("StoreDiskFilling"), nullptr);
  EXPECT_EQ(find_alert("StoreDiskFilling")->runbook, "disk");
  EXPECT_EQ(find_alert("Nonsense"), nullptr);
}

TEST(DoctorChecks, BelongToRunbooksThatAlertsHave) {
  const auto has_alert = [](std::string_view runbook) {
    for (const Alert& alert : alerts()) {
      if (alert.runbook == runbook) return true;
    }
    return false;
  };
  for (const ProcessCheck& check : process_checks()) {
    for (const std::string_view runbook : check.runbooks)
      EXPECT_TRUE(has_alert(runbook)) << runbook;
  }
  for (const StoreCheck& check : store_checks()) {
    for (const std::string_view runbook : check.runbooks)
      EXPECT_TRUE(has_alert(runbook)) << runbook;
  }
}

TEST(DoctorFindings, AreSortedAndTheSameOneIsToldOnce) {
  Findings findings;
  findings.add({.id = "a", .severity = Severity::Info, .evidence = {"1"}});
  findings.add({.id = "b", .severity = Severity::Critical, .culprit = "x", .evidence = {"2", ""}});
  findings.add({.id = "b", .severity = Severity::Warning, .culprit = "x", .evidence = {"2", "3"}});
  const auto sorted = findings.sorted();
  ASSERT_EQ(sorted.size(), 2U);
  EXPECT_EQ(sorted[0].id, "b");
  EXPECT_EQ(sorted[0].severity, Severity::Critical);
  EXPECT_THAT(sorted[0].evidence, ElementsAre("2", "3"));
  EXPECT_TRUE(findings.support({"z", "b"}, "x", {"4"}));
  EXPECT_FALSE(findings.support({"b"}, "y", {"5"}));
  EXPECT_THAT(findings.sorted()[0].evidence, ElementsAre("2", "3", "4"));
}

TEST(DoctorWindow, HasTheQuantilesOfPrometheus) {
  WindowHistogram window{.bounds = {1, 2, 4}, .counts = {10, 10, 0, 0}};
  EXPECT_EQ(window.quantile(0.5), 1);
  EXPECT_EQ(window.quantile(0.75), 1.5);
  window.counts = {0, 0, 0, 5};
  EXPECT_EQ(window.quantile(0.5), 4);
  window.counts = {0, 0, 0, 0};
  EXPECT_TRUE(std::isnan(window.quantile(0.5)));
}

TEST(DoctorWindow, OfFewSamplesIsJudgedByItsMedian) {
  const WindowHistogram few{.bounds = {1, 2}, .counts = {4, 1, 0}};
  EXPECT_FALSE(is_slow(few, 0.99, 1.2));
  const WindowHistogram many{.bounds = {1, 2}, .counts = {40, 10, 0}};
  EXPECT_TRUE(is_slow(many, 0.99, 1.2));
}

TEST(DoctorOfProcesses, LooksAtTheWindowAndNotAtTheTotal) {
  const std::string name = "eventcore_commit_seconds";
  const auto was_slow = look(histogram(name, 100, 50), histogram(name, 200, 50));
  EXPECT_THAT(found(was_slow, check_commits).sorted(), IsEmpty());
  const auto is_slow_now = look(histogram(name, 100, 50), histogram(name, 150, 90));
  const auto findings = found(is_slow_now, check_commits).sorted();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "commits-slow");
  EXPECT_THAT(findings[0].evidence[0], HasSubstr("of 90 commits"));
}

TEST(DoctorOfProcesses, SaysWhatItCannotJudge) {
  const auto idle = look("", "");
  const Findings findings = found(idle, check_commits);
  EXPECT_TRUE(findings.empty());
  ASSERT_EQ(findings.gaps().size(), 1U);
  EXPECT_EQ(findings.gaps()[0].what, "slow commits");
}

TEST(DoctorOfProcesses, NamesOtherProcessesIfCommitsWaitForTheirTurn) {
  const std::string commits = "eventcore_commit_seconds";
  const std::string waits = "eventcore_commit_lock_wait_seconds";
  const auto findings = found(look(histogram(commits, 0, 0) + histogram(waits, 0, 0),
                                   histogram(commits, 0, 50) + histogram(waits, 0, 50)),
                              check_commits)
                            .sorted();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].culprit, "other processes that commit to the same store");
}

std::string pool(int in_use, int pending, int timeouts) {
  return "eventcore_connection_pool_max_size{pool=\"readers\"} 4\n"
         "eventcore_connection_pool_in_use{pool=\"readers\"} " +
         std::to_string(in_use) +
         "\neventcore_connection_pool_pending_requests{pool=\"readers\"} " +
         std::to_string(pending) + "\neventcore_connection_pool_timeouts_total{pool=\"readers\"} " +
         std::to_string(timeouts) + "\n";
}

TEST(DoctorOfProcesses, TellABusyPoolFromAnExhaustedOne) {
  EXPECT_THAT(found(look(pool(4, 0, 0), pool(4, 0, 0)), check_pools).sorted(), IsEmpty());
  EXPECT_THAT(found(look(pool(4, 0, 0), pool(4, 3, 0)), check_pools).sorted(), IsEmpty());
  EXPECT_EQ(found(look(pool(4, 3, 0), pool(4, 3, 0)), check_pools).sorted().size(), 1U);
  EXPECT_EQ(found(look(pool(4, 0, 1), pool(4, 0, 3)), check_pools).sorted().size(), 1U);
}

std::string contention(int commands, int retries, int versions) {
  const std::string type = "{command_type=\"place_order\"";
  return "eventcore_commands_total" + type + "} " + std::to_string(commands) +
         "\neventcore_command_retries_total" + type + "} " + std::to_string(retries) +
         "\neventcore_command_conflicts_total" + type + ",category=\"product\"} " +
         std::to_string(retries) + "\neventcore_stream_versions{stream_id=\"product-7\"} " +
         std::to_string(versions) + "\neventcore_stream_versions{stream_id=\"order-1\"} 500\n";
}

TEST(DoctorOfProcesses, NamesTheHotStream) {
  const auto findings =
      found(look(contention(0, 0, 10), contention(100, 60, 110)), check_conflicts).sorted();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].culprit, "place_order on stream product-7");
  EXPECT_EQ(findings[0].alert, "CommandConflictStorm");
  EXPECT_THAT(found(look(contention(0, 0, 10), contention(100, 10, 110)), check_conflicts).sorted(),
              IsEmpty());
}

TEST(DoctorOfProcesses, TellsADiskThatFillsOnlyFromALongWindow) {
  const auto disk = [](const char* free) {
    return "eventcore_store_disk_size_bytes 1e12\neventcore_store_disk_free_bytes " +
           std::string(free) + "\n";
  };
  const Findings findings = found(look(disk("5e11"), disk("4e11")), check_disk);
  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(findings.gaps().size(), 1U);
  EXPECT_EQ(found(look(disk("5e10"), disk("4.9e10")), check_disk).sorted()[0].severity,
            Severity::Critical);
}

TEST(DoctorFixes, AreListedOnce) {
  const Fix fix{.kind = FixKind::Resume, .subject = "orders"};
  const auto fixes = fixes_of({{.id = "a", .fix = fix}, {.id = "b"}, {.id = "c", .fix = fix}});
  EXPECT_THAT(fixes, ElementsAre(fix));
}

TEST(DoctorFixes, FreeNoLeaseThatWasExtendedSince) {
  const auto store = open_memory_store();
  ProjectionStorage& storage = store->projections();
  const auto leader = storage.acquire_lease({"orders", "leader", std::chrono::minutes(1)});
  ASSERT_TRUE(leader);
  const Fix fix{.kind = FixKind::DropLease,
                .subject = "orders",
                .token = leader->lease.token,
                .lease_end = leader->lease.expires};
  const auto extended = storage.renew_lease("orders", fix.token, std::chrono::minutes(2));
  ASSERT_TRUE(extended);
  EXPECT_EQ(carry_out(fix, store.get()).error().code, ErrorCode::LeaseLost);
  Fix fresh = fix;
  fresh.lease_end = *extended;
  EXPECT_TRUE(carry_out(fresh, store.get()));
  EXPECT_TRUE(storage.load("orders").value()->lease.holder.empty());
}

TEST(DoctorWords, AreShort) {
  EXPECT_EQ(duration_text(0.0004), "0.4 ms");
  EXPECT_EQ(duration_text(90), "90 s");
  EXPECT_EQ(duration_text(93'600), "26 h");
  EXPECT_EQ(percent_text(0.031), "3.1 %");
  EXPECT_EQ(bytes_text(3e9), "2.8 GiB");
  EXPECT_EQ(number_text(12), "12");
}

}  // namespace
}  // namespace eventcore::cli::doctor
