#include "eventcore/assert.hpp"

#include <gtest/gtest.h>

namespace eventcore {
namespace {

TEST(AssertDeathTest, StopsWithConditionAndMessage) {
  const int amount = 3;
  EXPECT_DEATH(EVENTCORE_ASSERT(amount == 4, "the amount is four"),
               "assert_test.cpp:[0-9]+: assertion failed: amount == 4: the amount is four");
}

TEST(Assert, LetsAHoldingConditionPass) {
  int evaluations = 0;
  EVENTCORE_ASSERT(++evaluations == 1, "evaluated once");
  EXPECT_EQ(evaluations, 1);
}

}  // namespace
}  // namespace eventcore
