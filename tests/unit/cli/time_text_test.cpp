#include "time_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventcore::cli {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow{1'714'557'600s + 123'456'789ns};  // 2024-05-01T10:00:00.123456789Z

std::string parsed(std::string_view text) {
  const Result<Timestamp> time = parse_time(text, kNow);
  return time ? full_time(*time) : "refused";
}

TEST(TimeText, PrintsUtc) {
  EXPECT_EQ(full_time(kNow), "2024-05-01T10:00:00.123456789Z");
  EXPECT_EQ(short_time(kNow), "2024-05-01T10:00:00.123Z");
  EXPECT_EQ(full_time(Timestamp{}), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(full_time(Timestamp{-1ns}), "1969-12-31T23:59:59.999999999Z");
}

TEST(TimeText, ReadsWhatItPrints) {
  EXPECT_EQ(parsed(full_time(kNow)), full_time(kNow));
  EXPECT_EQ(parsed(short_time(kNow)), "2024-05-01T10:00:00.123000000Z");
}

TEST(TimeText, ReadsOffsetsDatesAndSpaces) {
  EXPECT_EQ(parsed("2024-05-01T12:00:00+02:00"), "2024-05-01T10:00:00.000000000Z");
  EXPECT_EQ(parsed("2024-05-01T07:30:00.5-02:30"), "2024-05-01T10:00:00.500000000Z");
  EXPECT_EQ(parsed("2024-05-01"), "2024-05-01T00:00:00.000000000Z");
  EXPECT_EQ(parsed("2024-05-01 10:00"), "2024-05-01T10:00:00.000000000Z");
  EXPECT_EQ(parsed("2024-02-29t23:59:60z"), "2024-03-01T00:00:00.000000000Z");
}

TEST(TimeText, ReadsAges) {
  EXPECT_EQ(parsed("90s"), "2024-05-01T09:58:30.123456789Z");
  EXPECT_EQ(parsed("15m"), "2024-05-01T09:45:00.123456789Z");
  EXPECT_EQ(parsed("2h"), "2024-05-01T08:00:00.123456789Z");
  EXPECT_EQ(parsed("7d"), "2024-04-24T10:00:00.123456789Z");
  EXPECT_EQ(parsed("9000000000000000000d"), "1970-01-01T00:00:00.000000000Z");
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "yesterday",
                           "2024",
                           "2024-13-01",
                           "2023-02-29",
                           "2024-05-01T",
                           "2024-05-01T25:00",
                           "2024-05-01T10:00:00.Z",
                           "2024-05-01T10:00:00.1234567890Z",
                           "2024-05-01T10:00:00X",
                           "2024-05-01T10:00:00Zx",
                           "2024-05-01T10:00:00+2",
                           "9999-01-01",
                           "0001-01-01",
                           "5",
                           "m",
                           "-5m",
                           "5w",
                           "1.5h",
                           "99999999999999999999s"}) {
    EXPECT_EQ(parsed(text), "refused") << text;
  }
}

TEST(TimeText, PrintsAgesInTheirLargestUnit) {
  EXPECT_EQ(short_age(5s), "5 s");
  EXPECT_EQ(short_age(10min), "10 min");
  EXPECT_EQ(short_age(26h), "26 h");
  EXPECT_EQ(short_age(72h), "3 d");
}

}  // namespace
}  // namespace eventcore::cli
