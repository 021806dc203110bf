#include "eventcore/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace eventcore {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return make_error(ErrorCode::InvalidArgument, "an odd number");
  return number / 2;
}

TEST(Result, HoldsAValue) {
  const Result<int> result = half(4);
  ASSERT_TRUE(result);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(*result, 2);
  EXPECT_EQ(result.value_or(9), 2);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = half(3);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(result.value_or(9), 9);
}

TEST(Result, GivesAwayWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> owned = *std::move(result);
  EXPECT_EQ(*owned, 7);
}

TEST(Result, OfAStringTakesText) {
  const Result<std::string> result = "text";
  EXPECT_EQ(result->size(), 4U);
}

TEST(Result, WithoutValueIsSuccessOrError) {
  EXPECT_TRUE(Result<void>());
  const Result<void> failed = make_error(ErrorCode::Corrupt, "damaged");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "damaged");
}

TEST(ResultDeathTest, StopsWhoTakesTheValueOfAnError) {
  const Result<int> result = half(3);
  EXPECT_DEATH(static_cast<void>(result.value()), "an odd number");
}

TEST(ResultDeathTest, StopsWhoTakesTheErrorOfAValue) {
  const Result<int> result = half(4);
  EXPECT_DEATH(static_cast<void>(result.error()), "the result holds a value");
}

}  // namespace
}  // namespace eventcore
