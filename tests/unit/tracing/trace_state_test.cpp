// The vectors are those of the W3C's test suite for trace-context.

#include "eventcore/tracing/trace_state.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace eventcore {
namespace {

std::string many(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ",") + ("bar" + std::to_string(i)) + "=" + std::to_string(i);
  }
  return text;
}

std::string repeated(std::size_t count, char c) { return std::string(count, c); }

TEST(TraceState, PassesOnWhatIsValid) {
  std::string values;
  for (char c = 0x20; c <= 0x7e; ++c) {
    if (c != ',' && c != '=') values += c;
  }
  const std::string all_keys = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
  for (const std::string& header :
       {std::string("foo=1"), std::string("foo=1,bar=2"), many(32), all_keys + "=v",
        all_keys + "@a-z0-9_-*/=v", "foo=" + values + "t", repeated(256, 'z') + "=1",
        repeated(241, 't') + "@" + repeated(14, 'v') + "=1", std::string("0tenant@v=1")}) {
    const auto state = TraceState::parse(header);
    ASSERT_TRUE(state) << header;
    EXPECT_EQ(state->header(), header);
  }
}

TEST(TraceState, DropsWhatIsInvalidWhole) {
  for (const std::string& header : {std::string("foo"),
                                    std::string("foo=1,bar"),
                                    std::string("=1"),
                                    std::string("foo="),
                                    std::string("foo =1"),
                                    std::string("FOO=1"),
                                    std::string("foo.bar=1"),
                                    std::string("foo=b=a"),
                                    std::string("foo=bar\x01"),
                                    std::string("foo=b\xc3\xa4r"),
                                    std::string("foo@=1,bar=2"),
                                    std::string("@foo=1"),
                                    std::string("foo@@bar=1,bar=2"),
                                    std::string("foo@bar@baz=1"),
                                    std::string("foo@0b=1"),
                                    many(33),
                                    repeated(257, 'z') + "=1",
                                    repeated(242, 't') + "@v=1",
                                    "t@" + repeated(15, 'v') + "=1",
                                    "foo=" + repeated(257, 'v')}) {
    EXPECT_FALSE(TraceState::parse(header)) << header;
  }
}

TEST(TraceState, TakesSpacesEmptyMembersAndSeveralHeaders) {
  EXPECT_EQ(TraceState::parse("foo=1 \t , \t bar=2, \t baz=3")->header(), "foo=1,bar=2,baz=3");
  EXPECT_EQ(TraceState::parse(",foo=1,, ,bar=2,")->header(), "foo=1,bar=2");
  EXPECT_TRUE(TraceState::parse("")->is_empty());
  const std::array<std::string_view, 3> headers{"foo=1", "", "bar=2,baz=3"};
  EXPECT_EQ(TraceState::parse(headers)->header(), "foo=1,bar=2,baz=3");
  const std::array<std::string_view, 2> bad{"foo=1", "bar"};
  EXPECT_FALSE(TraceState::parse(bad));
}

TEST(TraceState, KeepsTheFirstOfAKey) {
  EXPECT_EQ(TraceState::parse("foo=1,bar=3,foo=2")->header(), "foo=1,bar=3");
}

TEST(TraceState, PutsWhatIsSetFirst) {
  TraceState state = *TraceState::parse("foo=1,bar=2");
  EXPECT_TRUE(state.set("bar", "3"));
  EXPECT_EQ(state.header(), "bar=3,foo=1");
  EXPECT_FALSE(state.set("Bar", "3"));
  EXPECT_FALSE(state.set("bar", "a,b"));
  EXPECT_FALSE(state.set("bar", "trailing "));
  EXPECT_EQ(state.header(), "bar=3,foo=1");
  EXPECT_EQ(state.find("foo"), "1");
  EXPECT_EQ(state.find("none"), std::nullopt);
  TraceState full = *TraceState::parse(many(32));
  EXPECT_TRUE(full.set("mine", "1"));
  EXPECT_EQ(full.size(), 32U);
  EXPECT_FALSE(full.find("bar31"));
}

TEST(TraceState, LeavesLongEntriesOutFirstBeyondTheLimit) {
  const std::string text = "a=" + repeated(200, 'x') + ",b=1,c=" + repeated(200, 'y') +
                           ",d=" + repeated(120, 'z') + ",e=" + repeated(120, 'z');
  EXPECT_EQ(TraceState::parse(text)->header(),
            "b=1,d=" + repeated(120, 'z') + ",e=" + repeated(120, 'z'));
}

}  // namespace
}  // namespace eventcore
