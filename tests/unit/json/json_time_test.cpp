#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

#include "eventcore/json.hpp"

namespace {

using namespace eventcore;
using namespace std::chrono;

template <class Duration>
void expect_text(sys_time<Duration> time, std::string_view text) {
  EXPECT_EQ(to_json(time).value(), text);
  const auto read = from_json<sys_time<Duration>>(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, time);
}

TEST(JsonTime, HasTheDigitsOfItsUnit) {
  const sys_seconds noon = sys_days(2024y / February / 29) + 12h + 34min + 56s;
  expect_text<seconds>(noon, R"("2024-02-29T12:34:56Z")");
  expect_text<milliseconds>(noon + 7ms, R"("2024-02-29T12:34:56.007Z")");
  expect_text<microseconds>(noon + 7us, R"("2024-02-29T12:34:56.000007Z")");
  expect_text<nanoseconds>(noon + 7ns, R"("2024-02-29T12:34:56.000000007Z")");
  expect_text<days>(sys_days(2024y / February / 29), R"("2024-02-29")");
  expect_text<minutes>(sys_days(1970y / January / 1) + 61min, R"("1970-01-01T01:01:00Z")");
}

TEST(JsonTime, KeepsTimesBeforeTheEpoch) {
  expect_text<milliseconds>(sys_time<milliseconds>(-1ms), R"("1969-12-31T23:59:59.999Z")");
  expect_text<days>(sys_days(days(-1)), R"("1969-12-31")");
  expect_text<seconds>(sys_days(0y / January / 1), R"("0000-01-01T00:00:00Z")");
}

TEST(JsonTime, KeepsTheEndsOfItsRange) {
  expect_text<nanoseconds>(sys_time<nanoseconds>::max(), R"("2262-04-11T23:47:16.854775807Z")");
  expect_text<nanoseconds>(sys_time<nanoseconds>::min(), R"("1677-09-21T00:12:43.145224192Z")");
  EXPECT_FALSE(from_json<sys_time<nanoseconds>>(R"("2262-04-11T23:47:16.854775808Z")"));
  EXPECT_FALSE(from_json<sys_time<nanoseconds>>(R"("1677-09-21T00:12:43.145224191Z")"));
  EXPECT_FALSE(from_json<sys_time<nanoseconds>>(R"("9999-12-31T23:59:59Z")"));
  using Short = sys_time<duration<std::int32_t>>;
  EXPECT_TRUE(from_json<Short>(R"("2038-01-19T03:14:07Z")"));
  EXPECT_FALSE(from_json<Short>(R"("2038-01-19T03:14:08Z")"));
}

TEST(JsonTime, RefusesToWriteYearsOfFiveDigits) {
  EXPECT_TRUE(to_json(sys_seconds(253'402'300'799s)));
  EXPECT_FALSE(to_json(sys_seconds(253'402'300'800s)));
  EXPECT_TRUE(to_json(sys_seconds(-62'167'219'200s)));
  EXPECT_FALSE(to_json(sys_seconds(-62'167'219'201s)));
  EXPECT_FALSE(to_json(sys_seconds::max()));
  EXPECT_FALSE(to_json(sys_seconds::min()));
  EXPECT_FALSE(to_json(sys_time<hours>::max()));
}

TEST(JsonTime, ReadsOffsets) {
  const sys_seconds expected = sys_days(2024y / March / 1) + 1h;
  for (const std::string_view text :
       {R"("2024-03-01T01:00:00Z")", R"("2024-03-01t01:00:00z")", R"("2024-03-01T03:30:00+02:30")",
        R"("2024-02-29T20:00:00-05:00")", R"("2024-03-01T01:00:00.000+00:00")"}) {
    const auto read = from_json<sys_seconds>(text);
    ASSERT_TRUE(read) << text << read.error().message;
    EXPECT_EQ(*read, expected) << text;
  }
}

TEST(JsonTime, RefusesTimesFinerThanItsUnit) {
  const auto read = from_json<sys_seconds>(R"("2024-03-01T01:00:00.5Z")");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "$: the time is finer than the unit of its field");
  EXPECT_FALSE(from_json<sys_time<minutes>>(R"("2024-03-01T01:00:01Z")"));
  EXPECT_TRUE(from_json<sys_time<milliseconds>>(R"("2024-03-01T01:00:00.5Z")"));
}

TEST(JsonTime, RefusesWhatIsNoTime) {
  for (const std::string_view bad :
       {"", "2024", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z",
        "2024-00-01T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
        "2024-01-01T00:00:60Z", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00.1234567890Z", "2024-01-01T00:00:00+0100",
        "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00ZZ", "-024-01-01T00:00:00Z",
        "2024-01-01"}) {
    EXPECT_FALSE(from_json<sys_time<nanoseconds>>('"' + std::string(bad) + '"')) << bad;
  }
  EXPECT_FALSE(from_json<sys_days>(R"("2024-01-01T00:00:00Z")"));
  EXPECT_FALSE(from_json<sys_seconds>("0"));
}

TEST(JsonDuration, IsACountOfItsUnit) {
  EXPECT_EQ(to_json(milliseconds(1500)).value(), "1500");
  EXPECT_EQ(from_json<milliseconds>("-7").value(), milliseconds(-7));
  EXPECT_FALSE(from_json<milliseconds>("1.5"));
}

}  // namespace
