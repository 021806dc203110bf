#include "eventcore/stream_id.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

#include "eventcore/limits.hpp"
#include "eventcore/testing/matchers.hpp"

namespace eventcore {
namespace {

using testing::HasError;
using testing::IsOk;

constexpr ErrorCode kInvalid = ErrorCode::InvalidArgument;

std::string parsed(std::string_view text) {
  const Result<StreamId> id = StreamId::parse(text);
  return id ? id->text() : "error: " + id.error().message;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST(StreamId, KeepsWhatItWasGiven) {
  for (const char* text : {"a", "order-17", "a/b/c", "with space inside", "schl\xC3\xBCssel",
                           "\xF0\x9F\x9A\x80", "%_'\"\\;", "ORDER"}) {
    EXPECT_EQ(parsed(text), text);
  }
}

TEST(StreamId, TrimsWhiteSpaceAtBothEnds) {
  EXPECT_EQ(parsed("  order-1 \t\r\n"), "order-1");
  EXPECT_EQ(parsed("\v\f a b \f"), "a b");
  // No-break space, ogham space, em space, line and paragraph separator, ideographic space.
  EXPECT_EQ(parsed("\xC2\xA0\xE1\x9A\x80\xE2\x80\x83x\xE2\x80\xA8\xE2\x80\xA9\xE3\x80\x80"), "x");
  EXPECT_EQ(parsed("\xC2\x85next line\xC2\x85"), "next line");
}

TEST(StreamId, KeepsWhatIsNoWhiteSpace) {
  const std::string zero_width = "\xE2\x80\x8Bx\xE2\x80\x8B";
  EXPECT_EQ(parsed(zero_width), zero_width);
  EXPECT_EQ(parsed("\xC3\xA0"), "\xC3\xA0") << "its last byte is that of a no-break space";
}

TEST(StreamId, RejectsEmptyName) {
  for (const char* text : {"", " ", "\t\n", "\xC2\xA0"}) {
    EXPECT_THAT(StreamId::parse(text), HasError(kInvalid)) << text;
  }
}

TEST(StreamId, CountsCodePoints) {
  constexpr std::size_t most = limits::kStreamIdCharacters;
  for (const char* character : {"x", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x9A\x80"}) {
    EXPECT_THAT(StreamId::parse(repeated(character, most)), IsOk()) << character;
    EXPECT_THAT(StreamId::parse(repeated(character, most + 1)), HasError(kInvalid)) << character;
  }
  EXPECT_THAT(StreamId::parse("  " + repeated("x", most) + "  "), IsOk()) << "trimmed first";
}

TEST(StreamId, RejectsPatternCharacters) {
  for (const char* text : {"*", "order-*", "wh?t", "[a", "a]"}) {
    EXPECT_THAT(StreamId::parse(text), HasError(kInvalid)) << text;
  }
}

TEST(StreamId, RejectsControlCharactersInside) {
  for (int character = 0; character < 0x20; ++character) {
    const std::string text = {'a', static_cast<char>(character), 'b'};
    EXPECT_THAT(StreamId::parse(text), HasError(kInvalid)) << character;
  }
  EXPECT_THAT(StreamId::parse("a\x7F"), HasError(kInvalid));
  EXPECT_THAT(StreamId::parse(std::string_view("a\0", 2)), HasError(kInvalid)) << "NUL at the end";
  EXPECT_THAT(StreamId::parse("a\xC2\x80z"), HasError(kInvalid));
  EXPECT_THAT(StreamId::parse("a\xC2\x9Fz"), HasError(kInvalid));
  EXPECT_THAT(StreamId::parse("a\xC2\xA0z"), IsOk()) << "the first one past them";
}

TEST(StreamId, RejectsInvalidUtf8) {
  for (const char* text : {"\x80", "a\xFF", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xE2(\xAC"}) {
    EXPECT_THAT(StreamId::parse(text), HasError(kInvalid)) << text;
  }
}

TEST(StreamId, NamesRuleAndOffset) {
  EXPECT_EQ(parsed("ab*"), "error: stream id contains one of *?[] at byte 2");
  EXPECT_EQ(parsed(repeated("x", 256)), "error: stream id is longer than 255 characters");
}

TEST(StreamId, IsMadeOfTwoParts) {
  EXPECT_EQ(StreamId::of("product-", "22423")->text(), "product-22423");
  EXPECT_EQ(StreamId::of("product-", " 7 ")->text(), "product- 7");
  EXPECT_THAT(StreamId::of("product-", "*"), HasError(kInvalid));
  EXPECT_THAT(StreamId::of("", ""), HasError(kInvalid));
}

TEST(StreamId, OrdersByBytesAndCase) {
  EXPECT_LT(StreamId::literal("A"), StreamId::literal("a"));
  EXPECT_NE(StreamId::literal("a"), StreamId::literal("A"));
  const std::unordered_set<StreamId> ids = {StreamId::literal("a"), StreamId::literal(" a"),
                                            StreamId::literal("b")};
  EXPECT_EQ(ids.size(), 2U);
}

TEST(StreamId, CategoryEndsBeforeDashOrSlash) {
  EXPECT_EQ(StreamId::literal("order-17").category(), "order");
  EXPECT_EQ(StreamId::literal("tenant/order-17").category(), "tenant");
  EXPECT_EQ(StreamId::literal("counter").category(), "counter");
  EXPECT_EQ(category_of("-1"), "");
  EXPECT_EQ(category_of(""), "");
}

TEST(StreamIdDeathTest, StopsOnABadLiteral) {
  EXPECT_DEATH(static_cast<void>(StreamId::literal("a*")), "contains one of");
}

TEST(StreamPrefix, MatchesBeginningsByteForByte) {
  const Result<StreamPrefix> prefix = StreamPrefix::parse("account-");
  ASSERT_THAT(prefix, IsOk());
  EXPECT_TRUE(prefix->matches("account-1"));
  EXPECT_TRUE(prefix->matches("account-"));
  EXPECT_FALSE(prefix->matches("account"));
  EXPECT_FALSE(prefix->matches("my-account-1"));
  EXPECT_FALSE(prefix->matches("Account-1"));
}

TEST(StreamPrefix, KeepsWhiteSpaceAtItsEnds) {
  const Result<StreamPrefix> prefix = StreamPrefix::parse("a ");
  ASSERT_THAT(prefix, IsOk());
  EXPECT_EQ(prefix->text(), "a ");
  EXPECT_FALSE(prefix->matches("ab"));
}

TEST(StreamPrefix, FollowsTheRulesOfStreamIds) {
  for (const char* text : {"", "a*", "a?", "[", "]", "a\n", "\xFF"}) {
    EXPECT_THAT(StreamPrefix::parse(text), HasError(kInvalid)) << text;
  }
  EXPECT_THAT(StreamPrefix::parse(repeated("x", limits::kStreamIdCharacters)), IsOk());
  EXPECT_THAT(StreamPrefix::parse(repeated("x", limits::kStreamIdCharacters + 1)),
              HasError(kInvalid));
}

}  // namespace
}  // namespace eventcore
