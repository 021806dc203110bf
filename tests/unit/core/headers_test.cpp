#include "eventcore/headers.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "eventcore/limits.hpp"
#include "eventcore/testing/matchers.hpp"

namespace eventcore {
namespace {

using testing::HasError;
using testing::IsOk;

std::string encoded(const Headers& headers) {
  std::string bytes;
  EXPECT_THAT(headers.encode(bytes), IsOk());
  return bytes;
}

TEST(Headers, FindsWhatWasSet) {
  Headers headers;
  EXPECT_TRUE(headers.empty());
  headers.set("tenant", std::string("acme")).set("user", std::int64_t{7});
  EXPECT_FALSE(headers.empty());
  ASSERT_NE(headers.find("tenant"), nullptr);
  EXPECT_EQ(*headers.find("tenant"), HeaderValue(std::string("acme")));
  EXPECT_EQ(headers.find("ten"), nullptr);
}

TEST(Headers, ReplacesAFormerValueEvenOfAnotherType) {
  Headers headers;
  headers.set("a", true).set("a", 2.5);
  ASSERT_EQ(headers.entries().size(), 1U);
  EXPECT_EQ(headers.entries()[0].second, HeaderValue(2.5));
}

TEST(Headers, AreInTheOrderOfTheirNames) {
  Headers headers;
  headers.set("b", true).set("c", true).set("a", true);
  Headers same;
  same.set("c", true).set("a", true).set("b", true);
  EXPECT_EQ(headers, same);
  EXPECT_EQ(headers.entries()[0].first, "a");
  EXPECT_EQ(headers.entries()[2].first, "c");
}

TEST(Headers, NoneAreNoBytes) {
  EXPECT_EQ(encoded(Headers()), "");
  EXPECT_EQ(*Headers::decode(""), Headers());
}

TEST(Headers, StoredFormIsFixed) {
  Headers headers;
  headers.set("b", true).set("i", std::int64_t{-2}).set("t", std::string("xy"));
  const std::string expected("\1\0b\0\1"
                             "\1\0i\1\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                             "\1\0t\3\2\0\0\0xy", 27);
  EXPECT_EQ(encoded(headers), expected);
  EXPECT_EQ(*Headers::decode(expected), headers);
}

TEST(Headers, AppendToWhatIsThere) {
  Headers headers;
  headers.set("a", false);
  std::string bytes = "before";
  ASSERT_THAT(headers.encode(bytes), IsOk());
  EXPECT_EQ(bytes, std::string("before\1\0a\0\0", 11));
}

TEST(Headers, AreLimitedInBytes) {
  constexpr std::size_t overhead = 2 + 1 + 1 + 4;  // of one text header with a name of a byte
  Headers headers;
  headers.set("n", std::string(limits::kHeaderBytes - overhead, 'v'));
  EXPECT_EQ(encoded(headers).size(), limits::kHeaderBytes);
  headers.set("n", std::string(limits::kHeaderBytes - overhead + 1, 'v'));
  std::string untouched = "x";
  EXPECT_THAT(headers.encode(untouched), HasError(ErrorCode::LimitExceeded));
  EXPECT_EQ(untouched, "x");
}

TEST(Headers, RejectsEmptyAndOverlongNames) {
  std::string bytes;
  EXPECT_THAT(Headers().set("", true).encode(bytes), HasError(ErrorCode::InvalidArgument));
  EXPECT_THAT(Headers().set(std::string(0x10000, 'n'), true).encode(bytes),
              HasError(ErrorCode::InvalidArgument));
  EXPECT_THAT(Headers().set(std::string(0xF000, 'n'), true).encode(bytes), IsOk());
}

TEST(Headers, DecodesNothingThatWasCutOff) {
  Headers headers;
  headers.set("flag", true).set("number", std::int64_t{5}).set("text", std::string("value"));
  const std::string bytes = encoded(headers);
  std::size_t whole = 0;  // a cut between two headers leaves good ones
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const Result<Headers> decoded = Headers::decode(std::string_view(bytes).substr(0, length));
    if (decoded) {
      ++whole;
    } else {
      EXPECT_EQ(decoded.error().code, ErrorCode::DecodeFailed);
    }
  }
  EXPECT_EQ(whole, 3U);
}

TEST(Headers, DecodesNothingThatItWouldNotWrite) {
  const std::string_view bad[] = {
      {"\0\0\0\1", 4},                              // an empty name
      {"\1\0a\0\2", 5},                             // neither true nor false
      {"\1\0a\4\0", 5},                             // an unknown type
      {"\1\0b\0\1\1\0a\0\1", 10},                   // out of order
      {"\1\0a\0\1\1\0a\0\1", 10},                   // twice
      {"\1\0a\3\xFF\xFF\xFF\xFFxx", 10},            // a length beyond the end
  };
  for (const std::string_view bytes : bad) {
    EXPECT_THAT(Headers::decode(bytes), HasError(ErrorCode::DecodeFailed));
  }
}

RC_GTEST_PROP(HeadersProperty, RoundTrip, ()) {
  using namespace rc;
  const auto names = *gen::container<std::vector<std::string>>(gen::nonEmpty<std::string>());
  Headers headers;
  for (const std::string& name : names) {
    switch (*gen::inRange(0, 4)) {
      case 0: headers.set(name, *gen::arbitrary<bool>()); break;
      case 1: headers.set(name, *gen::arbitrary<std::int64_t>()); break;
      case 2: headers.set(name, *gen::arbitrary<double>()); break;
      default: headers.set(name, *gen::arbitrary<std::string>()); break;
    }
  }
  std::string bytes;
  RC_ASSERT(headers.encode(bytes).has_value());
  const Result<Headers> decoded = Headers::decode(bytes);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == headers);
}

RC_GTEST_PROP(HeadersProperty, DecodesAnyBytesOrSaysNo, (const std::string& bytes)) {
  const Result<Headers> decoded = Headers::decode(bytes);
  if (!decoded) return;
  std::string again;
  RC_ASSERT(decoded->encode(again).has_value());
  RC_ASSERT(again == bytes);
}

}  // namespace
}  // namespace eventcore
