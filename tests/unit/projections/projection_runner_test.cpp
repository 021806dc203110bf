#include "eventcore/projection_runner.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "eventcore/testing/chaos_store.hpp"
#include "projection_fixture.hpp"

namespace eventcore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ProjectionRunnerTest = OnEachStore;
INSTANTIATE_TEST_SUITE_P(Stores, ProjectionRunnerTest, each_store(), store_name);

TEST_P(ProjectionRunnerTest, DrainsEveryPageUpToTheHead) {
  write(2'750);
  const auto recorder = std::make_shared<Recorder>();
  const auto runner = run(recorder, brisk());
  const auto drained = runner->drain(patience());
  ASSERT_TRUE(drained) << describe(drained.error());
  EXPECT_EQ(recorder->seen(), positions_to(2'750));
  EXPECT_EQ(record().position, Position{2'750});
  EXPECT_TRUE(record().lease.holder.empty()) << "the lease is given back";
  EXPECT_EQ(runner->status().state, ProjectionState::Stopped);
  EXPECT_EQ(runner->status().processed, 2'750U);
}

TEST_P(ProjectionRunnerTest, GoesOnWhereItStopped) {
  write(250);
  ASSERT_TRUE(run(std::make_shared<Recorder>(), brisk())->drain(patience()));
  write(10);
  const auto recorder = std::make_shared<Recorder>();
  ASSERT_TRUE(run(recorder, brisk())->drain(patience()));
  EXPECT_EQ(recorder->seen().size(), 10U);
  EXPECT_EQ(recorder->seen().front(), 251U);
}

TEST_P(ProjectionRunnerTest, FollowsTheLogAndShowsOnesOwnWrites) {
  const auto recorder = std::make_shared<Recorder>();
  const auto runner = run(recorder, brisk());
  runner->start();
  for (std::uint64_t i = 1; i <= 20; ++i) {
    write(1);
    const auto waited = runner->wait_for({i}, patience());
    ASSERT_TRUE(waited) << describe(waited.error());
    EXPECT_EQ(recorder->seen().size(), i);
  }
  const auto late = runner->wait_for({21}, Deadline::after(std::chrono::milliseconds{5}));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::DeadlineExceeded);
  EXPECT_TRUE(eventually([&] { return runner->status().state == ProjectionState::CaughtUp; }));
  EXPECT_TRUE(runner->status().leader);
  EXPECT_TRUE(runner->stop(patience()));
  EXPECT_EQ(runner->status().state, ProjectionState::Stopped);
  EXPECT_EQ(record().position, Position{20});
}

TEST_P(ProjectionRunnerTest, StopsBetweenTwoBatchesWithAConsistentCheckpoint) {
  write(5'000);
  const auto recorder = std::make_shared<Recorder>();
  const auto runner = run(recorder, brisk());
  runner->start();
  ASSERT_TRUE(eventually([&] { return !recorder->seen().empty(); }));
  ASSERT_TRUE(runner->stop(patience()));
  EXPECT_EQ(record().position.value, recorder->seen().size());
  ASSERT_TRUE(run(recorder, brisk())->drain(patience()));
  EXPECT_EQ(recorder->seen(), positions_to(5'000));
}

TEST_P(ProjectionRunnerTest, StopsInThePauseAfterAFailure) {
  write(3);
  ProjectionRunnerOptions options = brisk();
  options.failure.pause_first = options.failure.pause_max = std::chrono::hours{1};
  const auto runner =
      run(std::make_shared<Recorder>(ProjectorDescription{.name = "recorder"}, fails_at(2, 1'000)),
          options);
  runner->start();
  ASSERT_TRUE(eventually([&] { return runner->status().state == ProjectionState::Retrying; }));
  EXPECT_TRUE(runner->stop(patience()));
  EXPECT_EQ(record().position, Position{1});
}

TEST_P(ProjectionRunnerTest, LeadsWhereNobodyElseDoes) {
  write(10);
  const auto first = std::make_shared<Recorder>();
  const auto second = std::make_shared<Recorder>();
  const auto leader = run(first, brisk());
  leader->start();
  ASSERT_TRUE(leader->wait_for({10}, patience()));
  const auto follower = run(second, brisk());
  follower->start();
  EXPECT_TRUE(follower->wait_for({10}, patience())) << "by the leader's checkpoint";
  EXPECT_FALSE(follower->status().leader);
  EXPECT_EQ(follower->status().state, ProjectionState::Starting);
  EXPECT_THAT(second->seen(), IsEmpty());
  ASSERT_TRUE(leader->stop(patience()));
  write(5);
  ASSERT_TRUE(follower->wait_for({15}, patience()));
  EXPECT_THAT(second->seen(), ElementsAre(11, 12, 13, 14, 15));
  EXPECT_GT(follower->status().token, leader->status().token);
}

TEST_P(ProjectionRunnerTest, KeepsItsLeaseWhileABatchLastsLonger) {
  write(1);
  std::atomic<bool> go_on = false;
  ProjectionRunnerOptions options = brisk();
  options.lease = std::chrono::milliseconds{300};
  const auto runner = run(std::make_shared<Recorder>(ProjectorDescription{.name = "recorder"},
                                                     [&](Position) -> Result<void> {
                                                       go_on.wait(false);
                                                       return {};
                                                     }),
                          options);
  runner->start();
  ASSERT_TRUE(eventually([&] { return runner->status().leader; }));
  const Timestamp first = record().lease.expires;
  EXPECT_TRUE(eventually([&] { return record().lease.expires > first + options.lease; }))
      << "renewed at least twice";
  go_on = true;
  go_on.notify_all();
  EXPECT_TRUE(runner->wait_for({1}, patience()));
  EXPECT_EQ(record().lease.token, runner->status().token);
}

TEST_P(ProjectionRunnerTest, GivesUpWhenItsLeaseIsTaken) {
  write(1);
  std::atomic<bool> began = false;
  std::atomic<bool> go_on = false;
  std::atomic<bool> told = false;
  class Waiting final : public Projector {
   public:
    Waiting(std::atomic<bool>& has_begun, std::atomic<bool>& go, std::atomic<bool>& was_told)
        : Projector({.name = "recorder"}), began(has_begun), go_on(go), told(was_told) {}
    Result<void> apply(std::span<const StoredEvent>, const ProjectionContext& context) override {
      began = true;
      go_on.wait(false);
      if (eventually([&] { return context.stop.stop_requested(); })) told = true;
      return {};
    }
    std::atomic<bool>& began;
    std::atomic<bool>& go_on;
    std::atomic<bool>& told;
  };
  ProjectionRunnerOptions options = brisk();
  options.holder = "one";
  const auto runner = run(std::make_shared<Waiting>(began, go_on, told), options);
  runner->start();
  ASSERT_TRUE(eventually([&] { return began.load(); }));
  // What a store does that believes the lease to have run out: the same holder may always ask.
  const auto taken = storage().acquire_lease(
      {.projection = "recorder", .holder = "one", .duration = std::chrono::hours{1}});
  ASSERT_TRUE(taken && taken->acquired);
  go_on = true;
  go_on.notify_all();
  ASSERT_TRUE(eventually([&] { return told.load(); }));
  ASSERT_TRUE(eventually([&] { return runner->status().token > taken->lease.token; }));
  EXPECT_THAT(runner->status().last_error, HasSubstr("lease_lost"));
}

TEST_P(ProjectionRunnerTest, MovesOverForeignEventsWithoutSavingEachPage) {
  write(*store_, 3'000, "foreign");
  write(1);
  write(*store_, 500, "foreign");
  const auto recorder = std::make_shared<Recorder>(
      ProjectorDescription{.name = "recorder", .filter = EventFilter().type<Counted>()});
  const auto runner = run(recorder, brisk());
  runner->start();
  ASSERT_TRUE(runner->wait_for({3'501}, patience()));
  EXPECT_THAT(recorder->seen(), ElementsAre(3'001));
  EXPECT_TRUE(eventually([&] { return record().position == Position{3'501}; }));
  write(*store_, 5, "foreign");
  EXPECT_TRUE(eventually([&] { return record().position == Position{3'506}; }))
      << "saved after a while, although nothing is applied";
}

TEST_P(ProjectionRunnerTest, TriesStoreErrorsForEver) {
  testing::ChaosStore chaos(open(), {.seed = 3, .read_failed = 0.7});
  write(chaos, 1'000);
  const auto recorder = std::make_shared<Recorder>();
  auto runner = ProjectionRunner::open(chaos, recorder, brisk());
  ASSERT_TRUE(runner);
  (*runner)->start();
  ASSERT_TRUE((*runner)->wait_for({1'000}, patience()));
  EXPECT_EQ(recorder->seen(), positions_to(1'000));
  EXPECT_GT((*runner)->status().store_errors, 0U);
  EXPECT_THAT((*runner)->status().last_error, HasSubstr("unavailable"));
  EXPECT_TRUE((*runner)->stop(patience()));
}

TEST_P(ProjectionRunnerTest, SeesPauseResumeAndReset) {
  write(50);
  const auto recorder = std::make_shared<Recorder>();
  const auto runner = run(recorder, brisk());
  runner->start();
  ASSERT_TRUE(runner->wait_for({50}, patience()));
  ASSERT_TRUE(storage().pause("recorder"));
  ASSERT_TRUE(eventually([&] { return runner->status().state == ProjectionState::Paused; }));
  write(5);
  ASSERT_TRUE(storage().reset("recorder", {10}));
  EXPECT_TRUE(eventually([&] { return record().resets_done == 1; }));
  EXPECT_THAT(recorder->seen(), IsEmpty()) << "the projector was reset, and is paused still";
  ASSERT_TRUE(storage().resume("recorder"));
  ASSERT_TRUE(runner->wait_for({55}, patience()));
  EXPECT_EQ(recorder->seen(), positions_to(55, positions_to(10)));
  EXPECT_TRUE(runner->stop(patience()));
}

TEST_P(ProjectionRunnerTest, RefusesACheckpointOfAnotherLog) {
  ASSERT_TRUE(storage().acquire_lease(
      {.projection = "recorder", .holder = "x", .duration = std::chrono::nanoseconds{1}}));
  ASSERT_TRUE(storage().save({.projection = "recorder", .token = 1, .position = {700}}));
  write(3);
  const auto runner = run(std::make_shared<Recorder>(), brisk());
  const auto drained = runner->drain(patience());
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, ErrorCode::InvalidArgument);
  runner->start();
  ASSERT_TRUE(eventually([&] { return runner->status().state == ProjectionState::Faulted; }));
  EXPECT_THAT(runner->status().last_error, HasSubstr("another log"));
  ASSERT_TRUE(storage().reset("recorder", {0}));
  EXPECT_TRUE(eventually([&] { return record().position == Position{3}; }));
}

TEST_P(ProjectionRunnerTest, ChecksNamesAndOptions) {
  const auto refused = [&](const char* what, auto projector, ProjectionRunnerOptions options) {
    const auto runner = ProjectionRunner::open(*store_, projector, options);
    ASSERT_FALSE(runner) << what;
    EXPECT_EQ(runner.error().code, ErrorCode::InvalidArgument) << what;
  };
  refused("name", std::make_shared<Recorder>(ProjectorDescription{.name = "Upper case"}), {});
  refused("batch", std::make_shared<Recorder>(), {.batch_events = 0});
  refused("batch", std::make_shared<Recorder>(), {.batch_events = limits::kPageEvents + 1});
  refused("attempts", std::make_shared<Recorder>(), {.failure = {.attempts = 0}});
  EXPECT_EQ(Recorder({.name = "x", .version = 2}).key(), "x@2");
  EXPECT_EQ(Recorder({.name = "x", .version = 2, .instance = "host-1"}).key(), "x.host-1@2");
  refused("name", std::make_shared<Recorder>(ProjectorDescription{.name = "x", .instance = "A"}),
          {});
}

TEST_P(ProjectionRunnerTest, LeadsEachInstanceForItself) {
  write(5);
  std::vector<std::unique_ptr<ProjectionRunner>> runners;
  for (const char* instance : {"a", "b"}) {
    const auto recorder =
        std::make_shared<Recorder>(ProjectorDescription{.name = "recorder", .instance = instance});
    runners.push_back(run(recorder, brisk()));
    runners.back()->start();
    ASSERT_TRUE(runners.back()->wait_for({5}, patience()));
    EXPECT_EQ(recorder->seen(), positions_to(5));
    EXPECT_TRUE(runners.back()->status().leader);
  }
  EXPECT_EQ(storage().list()->size(), 2U);
}

}  // namespace
}  // namespace eventcore
