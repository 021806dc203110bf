#include "eventcore/stream_pattern.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "eventcore/limits.hpp"
#include "eventcore/testing/matchers.hpp"

namespace eventcore {
namespace {

using testing::HasError;
using testing::IsOk;

bool matches(std::string_view pattern, std::string_view stream) {
  const Result<StreamPattern> parsed = StreamPattern::parse(pattern);
  EXPECT_THAT(parsed, IsOk()) << pattern;
  return parsed && parsed->matches(stream);
}

std::string error_of(std::string_view pattern) {
  const Result<StreamPattern> parsed = StreamPattern::parse(pattern);
  return parsed ? "no error" : parsed.error().message;
}

TEST(StreamPattern, MatchesTheWholeId) {
  EXPECT_TRUE(matches("order-1", "order-1"));
  EXPECT_FALSE(matches("order-1", "order-12"));
  EXPECT_FALSE(matches("order-1", "my-order-1"));
  EXPECT_FALSE(matches("order-1", "Order-1"));
}

TEST(StreamPattern, StarIsAnyRunAlsoOverSlashes) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*", "a/b/c"));
  EXPECT_TRUE(matches("order-*", "order-"));
  EXPECT_TRUE(matches("order-*", "order-17/line"));
  EXPECT_FALSE(matches("order-*", "order"));
  EXPECT_TRUE(matches("*-*", "a-b-c"));
  EXPECT_TRUE(matches("a*b*c", "abbbcbc"));
  EXPECT_FALSE(matches("a*b*c", "abbbcb"));
}

TEST(StreamPattern, QuestionMarkIsOneCodePoint) {
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_TRUE(matches("a?c", "a/c"));
  EXPECT_TRUE(matches("a?c", "a\xF0\x9F\x9A\x80\x63"));
  EXPECT_FALSE(matches("a?c", "ac"));
  EXPECT_FALSE(matches("a??c", "a\xC3\xA4\x63")) << "two bytes are one character";
}

TEST(StreamPattern, SetsListCharactersAndRanges) {
  EXPECT_TRUE(matches("[abc]", "b"));
  EXPECT_FALSE(matches("[abc]", "d"));
  EXPECT_TRUE(matches("s-[0-9]*", "s-42"));
  EXPECT_FALSE(matches("s-[0-9]*", "s-x"));
  EXPECT_TRUE(matches("[!0-9]", "x"));
  EXPECT_FALSE(matches("[!0-9]", "5"));
  EXPECT_FALSE(matches("[!0-9]", "")) << "one character, not none";
  EXPECT_TRUE(matches("[\xC3\xA4-\xC3\xBC]", "\xC3\xB6")) << "ranges of code points";
}

TEST(StreamPattern, SetsTakeSpecialCharactersInPlace) {
  EXPECT_TRUE(matches("[]]", "]"));
  EXPECT_TRUE(matches("[]a]", "a"));
  EXPECT_FALSE(matches("[!]]", "]"));
  EXPECT_TRUE(matches("[!]]", "x"));
  EXPECT_TRUE(matches("[-a]", "-"));
  EXPECT_TRUE(matches("[a-]", "-"));
  EXPECT_TRUE(matches("[a!]", "!"));
  EXPECT_TRUE(matches("[*?[]", "["));
  EXPECT_TRUE(matches("a]b", "a]b")) << "outside of a set it is itself";
}

TEST(StreamPattern, DoubleStarIsAnyWholeComponents) {
  EXPECT_TRUE(matches("a/**/b", "a/b"));
  EXPECT_TRUE(matches("a/**/b", "a/x/b"));
  EXPECT_TRUE(matches("a/**/b", "a/x/y/b"));
  EXPECT_FALSE(matches("a/**/b", "ab"));
  EXPECT_FALSE(matches("a/**/b", "a/xb"));
  EXPECT_FALSE(matches("a/**/b", "a/x/yb"));
  EXPECT_TRUE(matches("**/b", "b"));
  EXPECT_TRUE(matches("**/b", "x/y/b"));
  EXPECT_FALSE(matches("**/b", "xb"));
  EXPECT_TRUE(matches("a/**", "a/"));
  EXPECT_TRUE(matches("a/**", "a/x/y"));
  EXPECT_FALSE(matches("a/**", "a"));
  EXPECT_TRUE(matches("**", "anything/at all"));
  EXPECT_TRUE(matches("a/**/**/b", "a/b"));
  EXPECT_TRUE(matches("*/**/b", "x/y/z/b"));
}

TEST(StreamPattern, RejectsMisplacedDoubleStars) {
  EXPECT_EQ(error_of("a**"), "pattern has a ** that is not a whole component at byte 1");
  EXPECT_EQ(error_of("**a"), "pattern has a ** that is not a whole component at byte 0");
  EXPECT_EQ(error_of("a/b**/c"), "pattern has a ** that is not a whole component at byte 3");
  EXPECT_EQ(error_of("a/***"), "pattern has more than two * in a row at byte 2");
}

TEST(StreamPattern, RejectsBrokenSets) {
  for (const char* text : {"[", "a[", "[a", "[]", "[!", "[!]", "x[a-"}) {
    EXPECT_NE(error_of(text).find("unclosed ["), std::string::npos) << text;
  }
  EXPECT_EQ(error_of("\xC3\xA4[z-a]"), "pattern has a range that runs backwards at byte 3");
}

TEST(StreamPattern, IsLimitedInCodePoints) {
  std::string wide;
  for (std::size_t i = 0; i < limits::kStreamIdCharacters; ++i) wide += "\xE2\x82\xAC";
  EXPECT_TRUE(matches(wide, wide));
  EXPECT_THAT(StreamPattern::parse(wide + "x"), HasError(ErrorCode::InvalidArgument));
  EXPECT_THAT(StreamPattern::parse(""), HasError(ErrorCode::InvalidArgument));
  EXPECT_THAT(StreamPattern::parse("a\xFF"), HasError(ErrorCode::InvalidArgument));
}

TEST(StreamPattern, KnowsItsLiteralPrefix) {
  const auto prefix = [](std::string_view text) {
    return std::string(StreamPattern::parse(text)->literal_prefix());
  };
  EXPECT_EQ(prefix("order-*"), "order-");
  EXPECT_EQ(prefix("schl\xC3\xBCssel-[0-9]"), "schl\xC3\xBCssel-");
  EXPECT_EQ(prefix("a/**/b"), "a/");
  EXPECT_EQ(prefix("plain"), "plain");
  EXPECT_EQ(prefix("?x"), "");
}

TEST(StreamPattern, CopiesKeepTheirMeaning) {
  const StreamPattern original = *StreamPattern::parse("a*[bc]");
  StreamPattern copy = original;
  EXPECT_EQ(copy, original);
  EXPECT_TRUE(copy.matches("axxc"));
  EXPECT_EQ(copy.literal_prefix(), "a");
}

TEST(StreamPattern, ManyStarsStayFast) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  pattern += "b";
  // Backtracking over all of them would not end within the age of the universe.
  EXPECT_FALSE(matches(pattern, std::string(255, 'a')));
}

// The naive reference: tries everything, straight from the words of the header. Patterns are of
// ASCII and well formed.
bool naive(std::string_view pattern, std::string_view text, bool at_component) {
  if (pattern.empty()) return text.empty();
  if (at_component && pattern == "**") return true;
  if (at_component && pattern.starts_with("**/")) {
    if (naive(pattern.substr(3), text, true)) return true;
    const std::size_t slash = text.find('/');
    return slash != std::string_view::npos && naive(pattern, text.substr(slash + 1), true);
  }
  if (pattern[0] == '*') {
    for (std::size_t length = 0; length <= text.size(); ++length) {
      if (naive(pattern.substr(1), text.substr(length), false)) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  std::size_t used = 1;
  bool fits = pattern[0] == '?' || pattern[0] == text[0];
  if (pattern[0] == '[') {
    const bool negated = pattern[1] == '!';
    const std::size_t first = negated ? 2 : 1;
    const std::size_t close = pattern.find(']', first + 1);
    const std::string_view members = pattern.substr(first, close - first);
    fits = (members.find(text[0]) != std::string_view::npos) != negated;
    used = close + 1;
  }
  return fits && naive(pattern.substr(used), text.substr(1), pattern[0] == '/');
}

std::vector<std::string> every_text(std::string_view characters, std::size_t length_max) {
  std::vector<std::string> texts = {""};
  for (std::size_t begin = 0; texts[begin].size() < length_max; ++begin) {
    for (const char character : characters) texts.push_back(texts[begin] + character);
  }
  return texts;
}

RC_GTEST_PROP(StreamPatternProperty, AgreesWithTheNaiveMatcher, ()) {
  using namespace rc;
  const auto pieces = *gen::container<std::vector<std::string>>(
      gen::element<std::string>("a", "b", "/", "?", "*", "[ab]", "[!a]", "a/", "/**/", "b/**/"));
  std::string pattern;
  for (const std::string& piece : pieces) {
    // Keep the pattern well formed: no run of stars, `**` only as a whole component.
    if (piece.find("**") == std::string::npos && piece[0] == '*' && pattern.ends_with('*')) {
      continue;
    }
    pattern += piece;
  }
  const Result<StreamPattern> parsed = StreamPattern::parse(pattern);
  RC_PRE(parsed.has_value());
  for (const std::string& text : every_text("ab/", 6)) {
    if (parsed->matches(text) != naive(pattern, text, true)) RC_FAIL(pattern + " on " + text);
  }
}

RC_GTEST_PROP(StreamPatternProperty, MatchesWhatItWasMadeFrom, ()) {
  using namespace rc;
  const auto text = *gen::nonEmpty(gen::container<std::string>(gen::element('a', 'b', '-', '/')));
  RC_PRE(text.size() <= 100U);
  std::string pattern;
  for (const char character : text) {
    switch (*gen::inRange(0, 5)) {
      case 0: pattern += '?'; break;
      case 1: pattern += std::string("[") + character + "]"; break;
      case 2:
        if (!pattern.ends_with('*')) pattern += '*';
        break;
      default: pattern += character; break;
    }
  }
  const Result<StreamPattern> parsed = StreamPattern::parse(pattern);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->matches(text));
  RC_ASSERT(std::string_view(text).starts_with(parsed->literal_prefix()));
}

}  // namespace
}  // namespace eventcore
