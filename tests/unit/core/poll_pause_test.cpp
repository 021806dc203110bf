// How long a drain sleeps between two looks at its rings.

#include "../../../src/core/poll_pause.hpp"

#include <gtest/gtest.h>

namespace eventcore::detail {
namespace {

using std::chrono::milliseconds;

TEST(PollPause, GrowsToItsMostWhileRingsStayNearlyEmpty) {
  PollPause pause(milliseconds(1), milliseconds(10));
  EXPECT_EQ(pause.now(), milliseconds(1));
  for (const int expected : {2, 4, 8, 10, 10}) {
    pause.saw(0, 1'024);
    EXPECT_EQ(pause.now(), milliseconds(expected));
  }
}

TEST(PollPause, StaysWhereTwiceAsLongMightFillAQuarter) {
  PollPause pause(milliseconds(1), milliseconds(10));
  pause.saw(128, 1'024);
  EXPECT_EQ(pause.now(), milliseconds(2));
  pause.saw(129, 1'024);
  pause.saw(256, 1'024);
  EXPECT_EQ(pause.now(), milliseconds(2));
}

TEST(PollPause, IsShortAtOnceWhenARingFills) {
  PollPause pause(milliseconds(1), milliseconds(10));
  for (int i = 0; i < 5; ++i) pause.saw(0, 1'024);
  pause.saw(257, 1'024);
  EXPECT_EQ(pause.now(), milliseconds(1));
}

TEST(PollPause, NeverWaitsForLongerThanItsMost) {
  PollPause pause(milliseconds(1), std::chrono::microseconds(100));
  EXPECT_EQ(pause.now(), std::chrono::microseconds(100));
  pause.saw(0, 0);  // no ring yet
  EXPECT_EQ(pause.now(), std::chrono::microseconds(100));
}

}  // namespace
}  // namespace eventcore::detail
