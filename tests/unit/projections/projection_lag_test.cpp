#include "eventcore/projection_lag.hpp"

#include "eventcore/testing/manual_clock.hpp"
#include "projection_fixture.hpp"

namespace eventcore {
namespace {

using ProjectionLagTest = OnEachStore;
INSTANTIATE_TEST_SUITE_P(Stores, ProjectionLagTest, each_store(), store_name);

TEST_P(ProjectionLagTest, GrowsWhileNobodyLeadsAndIsZeroWhenCaughtUp) {
  store_.reset();
  testing::ManualClock clock;
  store_ = open(&clock);
  const auto lag = [&] {
    const auto found = projection_lag(*store_, "recorder", clock);
    EXPECT_TRUE(found) << describe(found.error());
    return found.value_or(ProjectionLag{});
  };
  EXPECT_EQ(lag().events, 0U);
  write(3);
  clock.advance(std::chrono::seconds{5});
  EXPECT_EQ(lag().events, 3U) << "of a projection that never ran";
  EXPECT_EQ(lag().age, std::chrono::seconds{5});
  ASSERT_TRUE(run(std::make_shared<Recorder>(), brisk())->drain(patience()));
  EXPECT_EQ(lag().events, 0U);
  EXPECT_EQ(lag().age, std::chrono::seconds{0});
  EXPECT_EQ(lag().checkpoint, Position{3});
  clock.advance(std::chrono::hours{1});
  EXPECT_EQ(lag().age, std::chrono::seconds{0}) << "nothing happened";
  write(1);
  clock.advance(std::chrono::seconds{2});
  write(1);
  clock.advance(std::chrono::seconds{2});
  EXPECT_EQ(lag().events, 2U);
  EXPECT_EQ(lag().age, std::chrono::seconds{4}) << "of the oldest";
  EXPECT_EQ(lag().head, Position{5});
  EXPECT_FALSE(lag().beyond_head);
}

TEST_P(ProjectionLagTest, FlagsACheckpointPastTheHead) {
  write(3);
  ASSERT_TRUE(storage().acquire_lease(
      {.projection = "recorder", .holder = "x", .duration = std::chrono::seconds{1}}));
  ASSERT_TRUE(storage().save({.projection = "recorder", .token = 1, .position = {4}}));
  const auto lag = projection_lag(*store_, "recorder");
  ASSERT_TRUE(lag);
  EXPECT_TRUE(lag->beyond_head);
  EXPECT_EQ(lag->events, 0U);
  EXPECT_EQ(lag->head, Position{3});
}

}  // namespace
}  // namespace eventcore
