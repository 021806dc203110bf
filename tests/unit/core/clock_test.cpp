#include "eventcore/clock.hpp"

#include <gtest/gtest.h>

#include "eventcore/testing/manual_clock.hpp"

namespace eventcore {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(SystemClock, DoesNotRunBackwards) {
  const Instant before = system_clock().now();
  EXPECT_GE(system_clock().now(), before);
}

TEST(SystemClock, TellsTheTimeOfDay) {
  const auto expected = std::chrono::system_clock::now();
  EXPECT_LT(std::chrono::abs(system_clock().wall() - expected), std::chrono::minutes{1});
}

TEST(Deadline, NeverExpiresByDefault) {
  const testing::ManualClock clock;
  EXPECT_TRUE(Deadline{}.is_never());
  EXPECT_FALSE(Deadline{}.expired(clock));
}

TEST(Deadline, ExpiresAtItsInstant) {
  testing::ManualClock clock;
  const Deadline deadline = Deadline::after(seconds{5}, clock);
  EXPECT_FALSE(deadline.is_never());
  clock.advance(seconds{5} - nanoseconds{1});
  EXPECT_FALSE(deadline.expired(clock));
  clock.advance(nanoseconds{1});
  EXPECT_TRUE(deadline.expired(clock));
}

TEST(Deadline, PastTheEndOfTimeIsNever) {
  const testing::ManualClock clock;
  EXPECT_TRUE(Deadline::after(nanoseconds::max(), clock).is_never());
  EXPECT_TRUE(Deadline::after(Instant::max() - clock.now(), clock).is_never());
  EXPECT_FALSE(
      Deadline::after(Instant::max() - clock.now() - nanoseconds{1}, clock).is_never());
}

TEST(Deadline, InThePastHasExpired) {
  const testing::ManualClock clock;
  EXPECT_TRUE(Deadline::after(-seconds{1}, clock).expired(clock));
}

}  // namespace
}  // namespace eventcore
