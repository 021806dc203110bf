#include "json_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace eventcore::cli {
namespace {

std::string refusal(std::string_view text) {
  const auto members = members_of(text);
  return members ? "accepted" : members.error().message;
}

TEST(JsonText, KnowsJson) {
  for (const char* text : {"1", "null", "\"a\"", "{}", " [1, 2] ", "1.5e300", "1e400", "-1E+9999",
                           "[1e400]", "{\"a\":-0.0e-0}"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  for (const char* text :
       {"",         " ",    "{",          "{}{}",  "nul",     "'a'",       "\"\x01\"",
        "\"\xff\"", "01",   "-",          "1.",    ".1",      "1e",        "+1",
        "1e400x",   "[1,]", "{\"a\":1,}", "{1:2}", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
        "\"",       "[",    "tru",        "NaN"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(JsonText, EndsWhereTheTextEnds) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {"1\0\"abc"sv, "{}\0"sv, "\0{}"sv, "{\0}"sv, "\"a\0b\""sv,
                                      "\xEF\xBB\xBF{}"sv, "\xEF\xBB\xBF\"abc"sv}) {
    EXPECT_FALSE(is_json(text)) << text;
    EXPECT_NE(refusal(text).find("invalid JSON in column"), std::string::npos) << refusal(text);
  }
  EXPECT_NE(refusal("{}\0"sv).find("column 3"), std::string::npos) << refusal("{}\0"sv);
  EXPECT_NE(refusal("\xEF\xBB\xBF{}"sv).find("byte order mark"), std::string::npos);
  EXPECT_TRUE(is_json("\"\\u0000 \xEF\xBB\xBF\""));
}

TEST(JsonText, MinifiesWithoutTouchingValues) {
  EXPECT_EQ(minified(" { \"a b\" : [ 1.0 , 1e2 ] ,\n \"c\\\" \" : \"\\u0041 \" } "),
            "{\"a b\":[1.0,1e2],\"c\\\" \":\"\\u0041 \"}");
  EXPECT_EQ(minified("123456789012345678901234567890.10"), "123456789012345678901234567890.10");
}

TEST(JsonText, SplitsAnObjectIntoItsMembers) {
  const auto members =
      members_of(R"( {"a" : {"x":[1,{"y":"}"}]} , "b":"\"," ,"\u0063": 1.50 , "d":[]} )");
  ASSERT_TRUE(members) << members.error().message;
  ASSERT_EQ(members->size(), 4U);
  EXPECT_EQ((*members)[0].name, "a");
  EXPECT_EQ((*members)[0].value, R"({"x":[1,{"y":"}"}]})");
  EXPECT_EQ((*members)[1].value, R"("\",")");
  EXPECT_EQ((*members)[2].name, "c");
  EXPECT_EQ((*members)[2].value, "1.50");
  EXPECT_EQ((*members)[3].value, "[]");
}

TEST(JsonText, TakesAnEmptyObject) {
  const auto members = members_of(" { } ");
  ASSERT_TRUE(members);
  EXPECT_TRUE(members->empty());
}

TEST(JsonText, SaysWhereJsonEnds) {
  EXPECT_NE(refusal(R"({"a":})").find("column 6"), std::string::npos) << refusal(R"({"a":})");
  EXPECT_EQ(refusal("[1]"), "not a JSON object");
  EXPECT_EQ(refusal(R"({"a":1,"\u0061":2})"), "'a' is there twice");
}

TEST(JsonText, BuildsAnObject) {
  EXPECT_EQ(JsonObject().str(), "{}");
  EXPECT_EQ(JsonObject()
                .text("t", "a\"\n\xff")
                .number("n", 18446744073709551615U)
                .boolean("b", true)
                .json("j", "[1]")
                .list("l", {"1", "2"})
                .str(),
            "{\"t\":\"a\\\"\\n\xEF\xBF\xBD\",\"n\":18446744073709551615,\"b\":true,\"j\":[1],"
            "\"l\":[1,2]}");
}

}  // namespace
}  // namespace eventcore::cli
