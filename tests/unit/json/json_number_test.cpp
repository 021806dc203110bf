#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "eventcore/json.hpp"

namespace {

using namespace eventcore;

template <class T>
void expect_range() {
  using Limits = std::numeric_limits<T>;
  for (const T value : {Limits::min(), T{0}, T{1}, Limits::max()}) {
    const std::string text = std::to_string(value);
    EXPECT_EQ(to_json(value).value(), text);
    EXPECT_EQ(from_json<T>(text).value(), value);
  }
  // One past each end, by decimal arithmetic on the text: the last digits are 5, 7 or 8.
  std::string above = std::to_string(Limits::max());
  ++above.back();
  EXPECT_FALSE(from_json<T>(above)) << above;
  std::string below = std::to_string(Limits::min());
  if (Limits::is_signed) {
    ++below.back();
  } else {
    below = "-1";
  }
  EXPECT_FALSE(from_json<T>(below)) << below;
}

TEST(JsonNumber, KeepsIntegersOfEachWidthAndRefusesOthers) {
  expect_range<std::int8_t>();
  expect_range<std::uint8_t>();
  expect_range<std::int16_t>();
  expect_range<std::uint16_t>();
  expect_range<std::int32_t>();
  expect_range<std::uint32_t>();
  expect_range<std::int64_t>();
  expect_range<std::uint64_t>();
}

TEST(JsonNumber, RefusesHugeIntegers) {
  for (const std::string& huge :
       {std::string("18446744073709551616"), std::string("99999999999999999999"),
        std::string("184467440737095516150"), std::string("1") + std::string(1000, '0')}) {
    const auto read = from_json<std::uint64_t>(huge);
    ASSERT_FALSE(read) << huge;
    EXPECT_EQ(read.error().message, "$: the number is out of range");
    EXPECT_FALSE(from_json<std::int64_t>("-" + huge));
  }
}

TEST(JsonNumber, RefusesWhatJsonDoesNotCallANumber) {
  for (const std::string_view bad :
       {"",    "-",    "+1",    "01",  "-01",      "00",   ".5",  "1.",  "1.e5", "1e",
        "1e+", "0x10", "1_000", "NaN", "Infinity", "-inf", "1 2", "--1", "1,",   "1a"}) {
    EXPECT_FALSE(from_json<std::int64_t>(bad)) << bad;
    EXPECT_FALSE(from_json<double>(bad)) << bad;
  }
}

TEST(JsonNumber, DoesNotReadFractionsAsIntegers) {
  for (const std::string_view bad : {"1.0", "1e3", "1E3", "0.5", "true", "\"1\"", "null"}) {
    EXPECT_FALSE(from_json<std::int64_t>(bad)) << bad;
  }
}

TEST(JsonNumber, ReadsNegativeZero) {
  EXPECT_EQ(from_json<std::int64_t>("-0").value(), 0);
  EXPECT_EQ(from_json<std::uint64_t>("-0").value(), 0U);
  EXPECT_TRUE(std::signbit(from_json<double>("-0").value()));
  EXPECT_EQ(to_json(-0.0).value(), "-0");
}

TEST(JsonNumber, KeepsEveryFiniteDouble) {
  using Limits = std::numeric_limits<double>;
  for (const double value : {0.1, 1.0 / 3, 1e22, 1e23, 5e-324, Limits::min(), Limits::max(),
                             Limits::lowest(), 123456789012345680.0, -1.5, 1e100}) {
    EXPECT_EQ(from_json<double>(to_json(value).value()).value(), value);
  }
  EXPECT_EQ(from_json<float>(to_json(0.1F).value()).value(), 0.1F);
  EXPECT_EQ(from_json<double>("2").value(), 2.0);
  EXPECT_EQ(from_json<double>("1.25E+2").value(), 125.0);
}

TEST(JsonNumber, RefusesNumbersThatNoDoubleHolds) {
  EXPECT_FALSE(from_json<double>("1e999"));
  EXPECT_FALSE(from_json<double>("-1e999"));
  EXPECT_FALSE(from_json<float>("1e39"));
}

TEST(JsonNumber, RefusesToWriteWhatIsNotFinite) {
  for (const double bad :
       {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    const auto written = to_json(bad);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::InvalidArgument);
    EXPECT_FALSE(to_json(static_cast<float>(bad)));
  }
}

TEST(JsonNumber, ReadsBooleans) {
  EXPECT_EQ(from_json<bool>("true").value(), true);
  EXPECT_EQ(from_json<bool>("false").value(), false);
  for (const std::string_view bad : {"True", "tru", "truee", "1", "\"true\"", "null"}) {
    EXPECT_FALSE(from_json<bool>(bad)) << bad;
  }
}

}  // namespace
