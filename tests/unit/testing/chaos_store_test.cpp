#include "eventcore/testing/chaos_store.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "contract/subject.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/testing/matchers.hpp"
#include "eventcore/testing/seeded_scheduler.hpp"

namespace eventcore::testing {
namespace {

using contract::any;
using contract::at;
using contract::batch_of;
using contract::must;
using contract::payloads;
using contract::PendingAppend;
using contract::PendingRead;
using contract::read_log;

Result<WriteResult> append(EventStore& store, const std::string& payload) {
  WriteBatch batch = batch_of({{"a", any(), {payload}}});
  return store.append(batch);
}

TEST(ChaosStore, PassesEverythingOnWithoutFaults) {
  ChaosStore store(open_memory_store());
  EXPECT_THAT(append(store, "1"), IsOk());
  EXPECT_EQ(store.head(), Position{1});
  EXPECT_THAT(payloads(read_log(store)), ::testing::ElementsAre("1"));
  EXPECT_EQ(store.statistics(), (ChaosStatistics{.appends = 1, .reads = 1}));
}

TEST(ChaosStore, RefusesTheScriptedAppend) {
  ChaosStore store(open_memory_store());
  store.fail_append(2, AppendFault::Refused);
  EXPECT_THAT(append(store, "1"), IsOk());
  EXPECT_THAT(append(store, "2"), HasError(ErrorCode::Unavailable));
  EXPECT_THAT(append(store, "3"), IsOk());
  EXPECT_THAT(payloads(read_log(store.inner())), ::testing::ElementsAre("1", "3"));
  EXPECT_EQ(store.statistics().refused, 1U);
}

TEST(ChaosStore, LosesACommitInDoubt) {
  ChaosStore store(open_memory_store());
  store.fail_append(1, AppendFault::CommitLost);
  EXPECT_THAT(append(store, "1"), HasError(ErrorCode::CommitInDoubt));
  EXPECT_EQ(store.head(), Position{0});
  EXPECT_EQ(store.statistics().commits_lost, 1U);
}

TEST(ChaosStore, StoresAnUnacknowledgedCommit) {
  ChaosStore store(open_memory_store());
  append(store, "1").value();
  store.fail_append(2, AppendFault::CommitUnacknowledged);
  EXPECT_THAT(append(store, "2"), IsOk());
  EXPECT_THAT(append(store, "3"), HasError(ErrorCode::CommitInDoubt));
  EXPECT_THAT(payloads(read_log(store.inner())), ::testing::ElementsAre("1", "2", "3"));
  EXPECT_EQ(store.statistics().commits_unacknowledged, 1U);
}

TEST(ChaosStore, MakesUpAConflict) {
  ChaosStore store(open_memory_store());
  store.fail_append(1, AppendFault::Conflict);
  const Result<WriteResult> result = append(store, "1");
  ASSERT_THAT(result, HasError(ErrorCode::VersionConflict));
  EXPECT_EQ(result.error().stream, "a");
  EXPECT_TRUE(result.error().conflict.has_value());
  EXPECT_EQ(store.head(), Position{0});
}

TEST(ChaosStore, RealErrorsWinOverUnacknowledgedCommits) {
  ChaosStore store(open_memory_store());
  store.fail_append(1, AppendFault::CommitUnacknowledged);
  WriteBatch batch = batch_of({{"a", at(5), {"x"}}});
  EXPECT_THAT(store.append(batch), HasError(ErrorCode::VersionConflict));
  EXPECT_EQ(store.statistics().commits_unacknowledged, 0U);
}

TEST(ChaosStore, FailsTheScriptedRead) {
  ChaosStore store(open_memory_store());
  store.fail_read(2);
  EXPECT_THAT(store.read(LogQuery{}), IsOk());
  EXPECT_THAT(store.read(LogQuery{}), HasError(ErrorCode::Unavailable));
  EXPECT_THAT(store.read(LogQuery{}), IsOk());
  EXPECT_EQ(store.statistics().reads_failed, 1U);
}

TEST(ChaosStore, FaultsRejectDependents) {
  ChaosStore store(open_memory_store());
  for (const AppendFault fault :
       {AppendFault::Refused, AppendFault::Conflict, AppendFault::CommitLost}) {
    store.fail_append(1, fault);
    PendingAppend failed(batch_of({{"a", any(), {"1"}}}));
    PendingAppend dependent(batch_of({{"b", any(), {"1"}}}));
    dependent.predecessors = {&failed};
    failed.submit(store);
    dependent.submit(store);
    EXPECT_THAT(failed.result(), ::testing::Not(IsOk()));
    EXPECT_TRUE(failed.is_rejected());
    EXPECT_THAT(dependent.result(), HasError(ErrorCode::VersionConflict));
  }
  EXPECT_EQ(store.head(), Position{0});
}

TEST(ChaosStore, UnacknowledgedCommitsAllowDependents) {
  ChaosStore store(open_memory_store());
  store.fail_append(1, AppendFault::CommitUnacknowledged);
  PendingAppend doubtful(batch_of({{"a", at(0), {"1"}}}));
  PendingAppend dependent(batch_of({{"a", at(1), {"2"}}}));
  dependent.predecessors = {&doubtful};
  doubtful.submit(store);
  dependent.submit(store);
  EXPECT_THAT(doubtful.result(), HasError(ErrorCode::CommitInDoubt));
  EXPECT_FALSE(doubtful.is_rejected());
  EXPECT_THAT(dependent.result(), IsOk());
}

std::vector<bool> outcomes(std::uint64_t seed) {
  ChaosStore store(open_memory_store(),
                   {.seed = seed, .append_refused = 0.2, .commit_unacknowledged = 0.2});
  std::vector<bool> all;
  for (int i = 0; i < 64; ++i) all.push_back(append(store, "x").has_value());
  return all;
}

TEST(ChaosStore, RepeatsItselfUnderOneSeed) {
  EXPECT_EQ(outcomes(42), outcomes(42));
  EXPECT_NE(outcomes(42), outcomes(43));
}

TEST(ChaosStore, ProbabilitiesAreFrequencies) {
  constexpr int kAppends = 4'000;
  ChaosStore store(open_memory_store(), {.seed = 3, .append_refused = 0.25, .read_failed = 1});
  int refused = 0;
  for (int i = 0; i < kAppends; ++i) refused += append(store, "x") ? 0 : 1;
  EXPECT_GT(refused, kAppends / 5);
  EXPECT_LT(refused, kAppends * 3 / 10);
  EXPECT_EQ(store.statistics().refused, static_cast<std::uint64_t>(refused));
  EXPECT_THAT(store.read(LogQuery{}), HasError(ErrorCode::Unavailable));
  store.heal();
  EXPECT_THAT(append(store, "x"), IsOk());
  EXPECT_THAT(store.read(LogQuery{}), IsOk());
}

TEST(ChaosStore, DelaysRunOnTheScheduler) {
  SeededScheduler scheduler(1);
  ChaosStore store(open_memory_store(), {.latency_max = std::chrono::milliseconds{5},
                                         .scheduler = &scheduler,
                                         .clock = &scheduler.clock()});
  std::vector<std::unique_ptr<PendingAppend>> appends;
  for (std::uint64_t n = 0; n < 10; ++n) {
    appends.push_back(std::make_unique<PendingAppend>(batch_of({{"a", at(n), {"1"}}})));
    appends.back()->submit(store);
  }
  PendingRead read(LogQuery{});
  read.submit(store);
  EXPECT_EQ(appends[0]->completions(), 0);
  EXPECT_EQ(read.completions(), 0);
  const Instant before = scheduler.clock().now();
  while (scheduler.run_one()) {
  }
  for (const auto& append : appends) {
    ASSERT_EQ(append->completions(), 1);
    EXPECT_THAT(append->result(), IsOk()) << "appends keep their order";
  }
  EXPECT_EQ(read.completions(), 1);
  EXPECT_GT(scheduler.clock().now(), before) << "virtual time has passed";
}

TEST(ChaosStore, DelayedAppendCanBeTakenBack) {
  SeededScheduler scheduler(1);
  ChaosStore store(open_memory_store(), {.latency_max = std::chrono::milliseconds{5},
                                         .scheduler = &scheduler,
                                         .clock = &scheduler.clock()});
  PendingAppend append(batch_of({{"a", any(), {"1"}}}));
  append.submit(store);
  EXPECT_TRUE(append.cancel());
  while (scheduler.run_one()) {
  }
  EXPECT_THAT(append.result(), HasError(ErrorCode::Cancelled));
  EXPECT_EQ(store.head(), Position{0});
}

TEST(ChaosStore, CloseCompletesWhatIsDelayed) {
  SeededScheduler scheduler(1);
  PendingAppend append(batch_of({{"a", any(), {"1"}}}));
  PendingRead read(LogQuery{});
  {
    ChaosStore store(open_memory_store(), {.latency_max = std::chrono::hours{1},
                                           .scheduler = &scheduler,
                                           .clock = &scheduler.clock()});
    append.submit(store);
    read.submit(store);
    EXPECT_THAT(store.close({}), IsOk());
    EXPECT_EQ(append.completions(), 1);
    EXPECT_EQ(read.completions(), 1);
  }
  while (scheduler.run_one()) {
  }
  EXPECT_EQ(append.completions(), 1) << "the delay that was left over did nothing";
}

TEST(ChaosStore, BringsAThreadForItsDelays) {
  ChaosStore store(open_memory_store(), {.latency_max = std::chrono::microseconds{200}});
  std::vector<std::thread> threads;
  std::atomic<int> stored = 0;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        if (append(store, "1") && store.read(LogQuery{})) stored.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored.load(), 60);
  EXPECT_EQ(store.head(), Position{60});
}

}  // namespace
}  // namespace eventcore::testing
