#include "report/money_total.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace shop {
namespace {

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();

std::string written(std::int64_t units, std::int64_t quantity) {
  MoneyTotal total;
  total.add(Money::of_units(units), quantity);
  return total.to_string();
}

TEST(MoneyTotal, HasFourDecimals) {
  EXPECT_EQ(MoneyTotal().to_string(), "0.0000");
  EXPECT_EQ(written(1, 1), "0.0001");
  EXPECT_EQ(written(12'345, -1), "-1.2345");
  EXPECT_EQ(written(-1, 9'999), "-0.9999");
  EXPECT_EQ(written(10'000, 1), "1.0000");
}

TEST(MoneyTotal, IsExactFarBeyondOneAmount) {
  EXPECT_EQ(written(kLargest, 1), "922337203685477.5807");
  EXPECT_EQ(written(kSmallest, 1), "-922337203685477.5808");
  EXPECT_EQ(written(kLargest, kLargest), "8507059173023461584739690778423250.1249");
  EXPECT_EQ(written(kSmallest, kSmallest), "8507059173023461586584365185794205.2864");
  EXPECT_EQ(written(10'000'000'000'000, 1'000'000), "1000000000000000.0000");
}

TEST(MoneyTotal, CanBeCompared) {
  MoneyTotal small;
  small.add(Money::of_units(kLargest), 1);
  MoneyTotal large = small;
  large.add(Money::of_units(1), 1);
  EXPECT_LT(small, large);
  EXPECT_NE(small, large);
}

TEST(MoneyTotal, ReadsWhatItWrote) {
  MoneyTotal total;
  for (const std::int64_t quantity : {0L, 1L, -3L, 1'000'000'000L, -3'000'000'000L}) {
    total.add(Money::parse("900000000000000.0001").value(), quantity);
    EXPECT_EQ(MoneyTotal::parse(total.to_string()), total) << total.to_string();
  }
  for (const char* text : {"", "1", "1.", ".0000", "1.00000", "1,0000", "--1.0000", "+1.0000",
                           "1.0000 ", "1x.0000", "1000000000000000000000000000000000000.0000"}) {
    EXPECT_EQ(MoneyTotal::parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace shop
