#include "replay/progress_bar.hpp"

#include <gtest/gtest.h>

namespace shop {
namespace {

using namespace std::chrono_literals;

TEST(ProgressBar, ShowsShareRateAndTimeLeft) {
  EXPECT_EQ(progress_text(50, 200, 10s),
            "[#######.......................] 25 %  50 of 200  5.0/s  0:30 left");
  EXPECT_EQ(progress_text(100, 1'000'000, 1s),
            "[..............................] 0 %  100 of 1000000  100/s  2:46:39 left");
}

TEST(ProgressBar, PromisesNothingBeforeItKnowsTheRate) {
  EXPECT_EQ(progress_text(0, 10, 1s), "[..............................] 0 %  0 of 10");
  EXPECT_EQ(progress_text(0, 0, 0s), "[##############################] 100 %  0 of 0");
}

}  // namespace
}  // namespace shop
