#include "domain/money.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace shop {
namespace {

std::string round_trip(std::string_view text) {
  const auto amount = Money::parse(text);
  return amount ? amount->to_string() : "none";
}

TEST(Money, ReadsDecimalsExactly) {
  EXPECT_EQ(round_trip("2.55"), "2.5500");
  EXPECT_EQ(round_trip("0"), "0.0000");
  EXPECT_EQ(round_trip("-11062.06"), "-11062.0600");
  EXPECT_EQ(round_trip("0.0001"), "0.0001");
  EXPECT_EQ(round_trip("-0.0001"), "-0.0001");
  EXPECT_EQ(round_trip("+.5"), "0.5000");
  EXPECT_EQ(round_trip("7."), "7.0000");
  EXPECT_EQ(round_trip("1.230000000"), "1.2300");
}

TEST(Money, RefusesTextThatIsNoDecimal) {
  for (const char* text : {"", ".", "-", "+-1", "1e5", "1,5", " 1", "1 ", "0x1", "1.2.3", "NaN",
                           "inf", "1.00001", "--1",
                           "\xA3"
                           "5"}) {
    EXPECT_EQ(round_trip(text), "none") << text;
  }
}

TEST(Money, ReachesTheEndsOfItsRangeAndNotBeyond) {
  EXPECT_EQ(round_trip("922337203685477.5807"), "922337203685477.5807");
  EXPECT_EQ(round_trip("922337203685477.5808"), "none");
  EXPECT_EQ(round_trip("-922337203685477.5808"), "-922337203685477.5808");
  EXPECT_EQ(round_trip("-922337203685477.5809"), "none");
  EXPECT_EQ(round_trip("99999999999999999999"), "none");
}

TEST(Money, SaysWhenArithmeticOverflows) {
  const Money largest = Money::of_units(std::numeric_limits<std::int64_t>::max());
  const Money smallest = Money::of_units(std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(add(largest, Money::of_units(1)));
  EXPECT_EQ(add(largest, Money::of_units(-1)),
            Money::of_units(std::numeric_limits<std::int64_t>::max() - 1));
  EXPECT_FALSE(multiply(largest, 2));
  EXPECT_EQ(multiply(Money::of_units(25'500), 6), Money::of_units(153'000));
  EXPECT_FALSE(absolute(smallest));
  EXPECT_EQ(absolute(Money::of_units(-3)), Money::of_units(3));
}

TEST(Money, AddsManySmallAmountsWithoutError) {
  Money total;
  for (int i = 0; i < 100'000; ++i) total = *add(total, Money::of_units(1'000));
  EXPECT_EQ(total.to_string(), "10000.0000");
}

}  // namespace
}  // namespace shop
