#include "eventcore/logging/log_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventcore {
namespace {

using ::testing::HasSubstr;

LogLevel level(std::string_view filter, std::string_view target) {
  const auto parsed = LogFilter::parse(filter);
  EXPECT_TRUE(parsed) << filter;
  return parsed ? parsed->level_of(target) : LogLevel::Off;
}

std::string problem(std::string_view filter) {
  const auto parsed = LogFilter::parse(filter);
  EXPECT_FALSE(parsed) << filter;
  return parsed ? "" : parsed.error().message;
}

TEST(LogFilter, TakesTheLongestTargetThatFits) {
  constexpr std::string_view filter = "warn,eventcore::store=debug,eventcore=error,shop=trace";
  EXPECT_EQ(level(filter, "eventcore::store"), LogLevel::Debug);
  EXPECT_EQ(level(filter, "eventcore::store::sqlite"), LogLevel::Debug);
  EXPECT_EQ(level(filter, "eventcore::stores"), LogLevel::Error);
  EXPECT_EQ(level(filter, "eventcore::command"), LogLevel::Error);
  EXPECT_EQ(level(filter, "shop::api"), LogLevel::Trace);
  EXPECT_EQ(level(filter, "shopping"), LogLevel::Warn);
}

TEST(LogFilter, WritesNothingWhereNoDirectiveFits) {
  EXPECT_EQ(level("shop=info", "eventcore::store"), LogLevel::Off);
  EXPECT_EQ(LogFilter().level_of("shop"), LogLevel::Off);
  EXPECT_EQ(level("off", "shop"), LogLevel::Off);
}

TEST(LogFilter, TakesLevelsInAnyCaseAndSpaceAround) {
  EXPECT_EQ(level(" INFO , shop = Debug ", "shop"), LogLevel::Debug);
  EXPECT_EQ(level(" INFO , shop = Debug ", "x"), LogLevel::Info);
}

TEST(LogFilter, SaysWhereItIsBroken) {
  EXPECT_THAT(problem("info,shop=loud"), HasSubstr("character 11: 'loud' is no level"));
  EXPECT_THAT(problem("info,,shop=info"), HasSubstr("character 6: a directive is missing"));
  EXPECT_THAT(problem("info,"), HasSubstr("character 6: a directive is missing"));
  EXPECT_THAT(problem("=info"), HasSubstr("character 1: a target is missing"));
  EXPECT_THAT(problem("info, shop("), HasSubstr("character 7: 'shop(' is no level"));
  EXPECT_THAT(problem("wran"), HasSubstr("character 1: 'wran' is no level; for a target write"));
  EXPECT_THAT(problem("shop(=info"), HasSubstr("character 1: 'shop(' is no target"));
  EXPECT_THAT(problem("info,warn"), HasSubstr("character 6: there are two levels"));
  EXPECT_THAT(problem("a=info,a=warn"), HasSubstr("character 8: there are two levels for 'a'"));
  EXPECT_THAT(problem(""), HasSubstr("character 1: it is empty"));
  EXPECT_THAT(problem("a="), HasSubstr("character 3: '' is no level"));
}

TEST(LogFilter, RepeatsNoControlCharactersAndNoPasswords) {
  EXPECT_THAT(problem("a=\x1b[31m"), HasSubstr("'?[31m'"));
  EXPECT_THAT(problem("postgres://ann:s3cret@h"), ::testing::Not(HasSubstr("s3cret")));
}

TEST(LogFilter, ShowsItsDirectives) {
  EXPECT_EQ(LogFilter::parse("info,shop=debug")->to_string(), "shop=debug,info");
  EXPECT_EQ(LogFilter().to_string(), "off");
}

}  // namespace
}  // namespace eventcore
