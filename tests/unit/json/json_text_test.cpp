#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eventcore/json.hpp"

namespace {

using namespace eventcore;

std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

TEST(JsonText, EscapesWhatJsonDemands) {
  EXPECT_EQ(to_json(std::string("a\"b\\c\n\r\t\b\f\x01\x1F/")).value(),
            R"("a\"b\\c\n\r\t\b\f\u0001\u001f/")");
  EXPECT_EQ(to_json(std::string("a\0b", 3)).value(), R"("a\u0000b")");
  EXPECT_EQ(to_json(std::string("\x7F")).value(), "\"\x7F\"");
  EXPECT_EQ(to_json(std::string()).value(), "\"\"");
}

TEST(JsonText, ReadsEveryEscape) {
  EXPECT_EQ(from_json<std::string>(R"("\"\\\/\b\f\n\r\t")").value(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(from_json<std::string>(R"("\u0041\u00e9\u20AC\ud83d\ude00")").value(),
            "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(from_json<std::string>(R"("a\u0000b")").value(), std::string("a\0b", 3));
}

TEST(JsonText, RefusesBadEscapes) {
  for (const std::string_view bad :
       {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\u-123)", R"(\ud800)", R"(\ud800\u0041)", R"(\udc00)",
        R"(\ud800\ud800)", R"(\ud83dx)", R"(\U0041)", "\\"}) {
    EXPECT_FALSE(from_json<std::string>(in_quotes(bad))) << bad;
  }
}

TEST(JsonText, RefusesControlCharactersAndMissingQuotes) {
  EXPECT_FALSE(from_json<std::string>("\"a\nb\""));
  EXPECT_FALSE(from_json<std::string>(std::string_view("\"a\0b\"", 5)));
  EXPECT_FALSE(from_json<std::string>("\"abc"));
  EXPECT_FALSE(from_json<std::string>("\""));
  EXPECT_FALSE(from_json<std::string>("\"abc\\"));
  EXPECT_FALSE(from_json<std::string>("'abc'"));
}

const std::vector<std::string> kBadUtf8{"\x80",
                                        "\xBF",
                                        "\xC0\x80",
                                        "\xC1\xBF",
                                        "\xC3",
                                        "\xC3\x28",
                                        "\xE0\x80\x80",
                                        "\xE0\x9F\xBF",
                                        "\xE2\x82",
                                        "\xE2\x28\xA1",
                                        "\xED\xA0\x80",
                                        "\xED\xBF\xBF",
                                        "\xF0\x80\x80\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xF0\x9F\x98",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xFF"};

TEST(JsonText, RefusesInvalidUtf8InBothDirections) {
  for (const std::string& bad : kBadUtf8) {
    for (std::size_t before = 0; before < 10; ++before) {
      const std::string text = std::string(before, 'a') + bad;
      EXPECT_FALSE(from_json<std::string>(in_quotes(text))) << before;
      EXPECT_FALSE(from_json<std::string>(in_quotes(text + "tail"))) << before;
      EXPECT_FALSE(to_json(text)) << before;
      EXPECT_FALSE(to_json(text + std::string(300, 'a'))) << before;
    }
  }
}

TEST(JsonText, KeepsTheEdgesOfUtf8) {
  for (const std::string_view good :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(to_json(std::string(good)).value(), in_quotes(good));
    EXPECT_EQ(from_json<std::string>(in_quotes(good)).value(), good);
  }
}

// Each length and place of a character that needs care, so that every path of the search for it
// is taken: words of eight bytes, the rest, the writer's buffer and what goes past it.
TEST(JsonText, KeepsSpecialCharactersAtEveryPlace) {
  for (const std::string_view special : {"\"", "\\", "\n", "\x01", "\xC3\xA9", "\x7F", "~"}) {
    for (std::size_t length = 0; length < 40; ++length) {
      for (std::size_t place = 0; place <= length; ++place) {
        const std::string text =
            std::string(place, 'a').append(special) + std::string(length - place, 'z');
        const std::string written = to_json(text).value();
        ASSERT_EQ(from_json<std::string>(written).value(), text);
        ASSERT_EQ(nlohmann::json::parse(written).get<std::string>(), text);
      }
    }
  }
}

TEST(JsonText, KeepsLongTexts) {
  for (const std::size_t length :
       {255U, 256U, 257U, 511U, 1021U, 1022U, 1023U, 1024U, 1025U, 5000U, 100'000U}) {
    const std::string plain(length, 'x');
    EXPECT_EQ(to_json(plain).value(), in_quotes(plain));
    std::string mixed;
    while (mixed.size() < length) mixed += "abc\xC3\xA9\n\"";
    const std::vector<std::string> both{plain, mixed};
    EXPECT_EQ(from_json<std::vector<std::string>>(to_json(both).value()).value(), both);
  }
}

}  // namespace
