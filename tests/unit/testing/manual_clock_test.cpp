#include "eventcore/testing/manual_clock.hpp"

#include <gtest/gtest.h>

namespace eventcore::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(ManualClock, StandsStill) {
  const ManualClock clock;
  const Instant now = clock.now();
  const Timestamp wall = clock.wall();
  EXPECT_EQ(clock.now(), now);
  EXPECT_EQ(clock.wall(), wall);
}

TEST(ManualClock, AdvancesBothTimes) {
  ManualClock clock(Timestamp{seconds{1'000}});
  const Instant before = clock.now();
  clock.advance(seconds{5});
  EXPECT_EQ(clock.now() - before, seconds{5});
  EXPECT_EQ(clock.wall(), Timestamp{seconds{1'005}});
}

TEST(ManualClock, StepsTheWallAlone) {
  ManualClock clock(Timestamp{hours{10}});
  const Instant before = clock.now();
  clock.step_wall(-hours{2});
  EXPECT_EQ(clock.wall(), Timestamp{hours{8}});
  EXPECT_EQ(clock.now(), before);
}

TEST(ManualClock, DecidesDeadlines) {
  ManualClock clock;
  const Deadline deadline = Deadline::after(seconds{1}, clock);
  EXPECT_FALSE(deadline.expired(clock));
  clock.advance(seconds{1});
  EXPECT_TRUE(deadline.expired(clock));
}

TEST(ManualClockDeathTest, RefusesToGoBack) {
  ManualClock clock;
  EXPECT_DEATH(clock.advance(-seconds{1}), "never goes back");
}

}  // namespace
}  // namespace eventcore::testing
