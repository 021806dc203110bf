/// \file
/// Compares reading with nlohmann::json on whole documents, intact and damaged, and round trips.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "shop_events.hpp"

namespace {

using namespace shop;

/// Takes any valid document as its unknown field.
struct Anything {
  static constexpr auto describe() { return describe_value(); }
};

bool accepts(const std::string& text) {
  // A copy without slack, so that a sanitizer sees every byte read behind the text.
  const std::string whole = R"({"any":)" + text + "}";
  const std::vector<char> exact(whole.begin(), whole.end());
  return from_json<Anything>({exact.data(), exact.size()}).has_value();
}

/// Nothing for numbers beyond double: the other parser refuses them, we do when a field asks.
std::optional<bool> other_parser_accepts(const std::string& text) {
  try {
    return !nlohmann::json::parse(text).is_discarded();
  } catch (const nlohmann::json::parse_error&) {
    return false;
  } catch (const nlohmann::json::out_of_range&) {
    return std::nullopt;
  }
}

const std::vector<std::string> kDocuments{
    R"({"a":[1,-2.5e3,true,false,null,"x\u00e9\ud83d\ude00\n"],"b":{"c":{}}, "d" : [ ] })",
    "[[],[[]],{\"\":\"\"},0,-0,0.5,1E5,\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"]",
    std::string(kSampleOrder),
    " [ \"long text without anything of note in it, and then a \\\"quote\\\"\" ,\t12345678901 ] "};

TEST(JsonSyntax, AgreesWithAnotherParserOnDamagedDocuments) {
  std::mt19937 random(20240229);
  const std::string alphabet = "{}[]\",:\\0123456789eE+-.truefalsn \n\t\x01\x80\xC3\xA9\xED\xF0u";
  const auto pick = [&random](std::size_t size) {
    return std::uniform_int_distribution<std::size_t>(0, size - 1)(random);
  };
  int accepted = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string text = kDocuments[pick(kDocuments.size())];
    for (std::size_t edits = pick(3) + 1; edits > 0 && !text.empty(); --edits) {
      const std::size_t at = pick(text.size());
      switch (pick(4)) {
        case 0:
          text[at] = alphabet[pick(alphabet.size())];
          break;
        case 1:
          text.erase(at, pick(3) + 1);
          break;
        case 2:
          text.insert(at, 1, alphabet[pick(alphabet.size())]);
          break;
        default:
          text.resize(at);
          break;
      }
    }
    // Inside of an object a closing brace may end it early; the other parser gets the same text.
    const std::string whole = R"({"any":)" + text + "}";
    const std::optional<bool> expected = other_parser_accepts(whole);
    if (!expected) continue;
    ASSERT_EQ(accepts(text), *expected) << whole;
    accepted += *expected ? 1 : 0;
  }
  EXPECT_GT(accepted, 1'000);
}

TEST(JsonSyntax, RefusesEveryBeginningOfADocument) {
  for (std::size_t size = 0; size < kSampleOrder.size(); ++size) {
    const std::vector<char> cut(kSampleOrder.begin(),
                                kSampleOrder.begin() + static_cast<std::ptrdiff_t>(size));
    const auto read = decode_event<OrderPlaced>(4, {cut.data(), cut.size()});
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().code, ErrorCode::DecodeFailed);
  }
}

TEST(JsonSyntax, RefusesWhatFollowsADocument) {
  for (const std::string_view more : {"x", "{}", ",", "\"", "}"}) {
    EXPECT_FALSE(decode_event<OrderClosed>(1, "{}" + std::string(more))) << more;
  }
  EXPECT_FALSE(from_json<int>(std::string_view("1\0", 2)));
  EXPECT_TRUE(decode_event<OrderClosed>(1, " {} \n"));
}

struct Everything {
  bool flag = false;
  std::int8_t tiny = 0;
  std::int64_t whole = 0;
  std::uint64_t natural = 0;
  double real = 0;
  std::string text;
  std::optional<std::string> note;
  std::vector<std::int32_t> list;
  std::map<std::string, std::int32_t> map;
  std::vector<Line> lines;

  static constexpr auto describe() {
    return describe_event("everything", 1, field("flag", &Everything::flag),
                          field("tiny", &Everything::tiny), field("whole", &Everything::whole),
                          field("natural", &Everything::natural), field("real", &Everything::real),
                          field("text", &Everything::text), field("note", &Everything::note),
                          field("list", &Everything::list), field("map", &Everything::map),
                          field("lines", &Everything::lines));
  }
  friend bool operator==(const Everything&, const Everything&) = default;
};

/// Valid UTF-8 of any code points.
std::string arbitrary_text() {
  std::string text;
  for (std::uint32_t code : *rc::gen::container<std::vector<std::uint32_t>>(
           rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x80),
                          rc::gen::inRange<std::uint32_t>(0, 0x110000)))) {
    if (code >= 0xD800 && code <= 0xDFFF) code = 0xFFFD;
    const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | (code >> 6)), put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | (code >> 12)), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | (code >> 18)), put(0x80 | (code >> 12 & 0x3F));
      put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
    }
  }
  return text;
}

Everything arbitrary_event() {
  Everything event;
  event.flag = *rc::gen::arbitrary<bool>();
  event.tiny = *rc::gen::arbitrary<std::int8_t>();
  event.whole = *rc::gen::arbitrary<std::int64_t>();
  event.natural = *rc::gen::arbitrary<std::uint64_t>();
  event.real = *rc::gen::arbitrary<double>();
  event.text = arbitrary_text();
  if (*rc::gen::arbitrary<bool>()) event.note = arbitrary_text();
  event.list = *rc::gen::arbitrary<std::vector<std::int32_t>>();
  for (int left = *rc::gen::inRange(0, 4); left > 0; --left) {
    event.map[arbitrary_text()] = *rc::gen::arbitrary<std::int32_t>();
    event.lines.push_back({arbitrary_text(),
                           *rc::gen::arbitrary<std::int32_t>(),
                           {*rc::gen::arbitrary<std::int64_t>()}});
  }
  return event;
}

RC_GTEST_PROP(JsonRoundTrip, KeepsEveryEvent, ()) {
  const Everything event = arbitrary_event();
  std::string text;
  RC_ASSERT(encode_event(event, text).has_value());
  const Result<Everything> read = decode_event<Everything>(1, text);
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == event);
}

RC_GTEST_PROP(JsonRoundTrip, IsReadTheSameByAnotherParser, ()) {
  const Everything event = arbitrary_event();
  std::string text;
  RC_ASSERT(encode_event(event, text).has_value());
  const nlohmann::json tree = nlohmann::json::parse(text);
  RC_ASSERT(tree.at("text").get<std::string>() == event.text);
  RC_ASSERT(tree.at("natural").get<std::uint64_t>() == event.natural);
  RC_ASSERT(tree.at("real").get<double>() == event.real);
  RC_ASSERT(tree.contains("note") == event.note.has_value());
  // The other parser writes fields by name: another order, and escapes of its own choice.
  const Result<Everything> read = from_json<Everything>(tree.dump(2, ' ', true));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == event);
}

}  // namespace
