#include "eventcore/json.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "shop_events.hpp"

namespace {

using namespace shop;

struct Nothing {
  static constexpr auto describe() { return describe_value(); }
};

struct Later {
  std::vector<std::string> tags;
  std::optional<std::int32_t> rank;
  std::string state;

  static constexpr auto describe() {
    return describe_value(
        field_or("tags", &Later::tags, [] { return std::vector<std::string>{"none"}; }),
        field_or("rank", &Later::rank, 3), field_or("state", &Later::state, "new"));
  }
  friend bool operator==(const Later&, const Later&) = default;
};

struct Node {
  std::vector<Node> children;
  static constexpr auto describe() { return describe_value(field("c", &Node::children)); }
};

struct Flags {
  std::optional<bool> first;
  std::optional<bool> second;
  static constexpr auto describe() {
    return describe_value(field("first", &Flags::first), field("second", &Flags::second));
  }
};

std::string message_of(std::string_view text) {
  const auto read = decode_event<OrderPlaced>(4, text);
  return read ? "none" : read.error().message;
}

std::string replaced(std::string_view old_part, std::string_view new_part) {
  std::string text(kSampleOrder);
  return text.replace(text.find(old_part), old_part.size(), new_part);
}

template <class T>
void expect_round_trip(const T& value, std::string_view text) {
  const Result<std::string> written = to_json(value);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(*written, text);
  const Result<T> read = from_json<T>(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, value);
}

TEST(Json, WritesFieldsInDescribedOrder) {
  std::string out;
  ASSERT_TRUE(encode_event(sample_order(), out));
  EXPECT_EQ(out, kSampleOrder);
}

TEST(Json, AppendsToWhatIsThere) {
  std::string out = "x";
  ASSERT_TRUE(encode_event(OrderClosed{}, out));
  EXPECT_EQ(out, "x{}");
}

TEST(Json, ReadsFieldsInAnyOrder) {
  const auto read = decode_event<OrderPlaced>(
      4, R"({"priority":1,"notes":{"gift":"yes"},"payment":{"invoice":{"days":30}},)"
         R"("channel":"counter","lines":[{"price":150,"quantity":2,"sku":"pen"},)"
         R"({"quantity":-1,"price":0,"sku":"ink"}],"customer":"C-7","order":"O-1"})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, sample_order());
}

TEST(Json, ReadsWhiteSpaceAndEscapedKeys) {
  const auto read = from_json<Line>(
      " {\n\t\"sk\\u0075\" : \"pen\" ,\r\n \"quantity\" : 2 , \"price\":\t150 } \n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (Line{"pen", 2, {150}}));
}

TEST(Json, SkipsUnknownFieldsOfAnyShape) {
  const auto read =
      from_json<Line>(R"({"a":[1,{"b":[]},"x\n",{}],"sku":"pen","c":null,"quantity":2,"d":-1.5e3,)"
                      R"("price":150,"e":{"sku":"no","f":true}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (Line{"pen", 2, {150}}));
  EXPECT_TRUE(from_json<Nothing>(R"({"a":1,"a":2})"));
}

TEST(Json, NamesAMissingField) {
  EXPECT_EQ(message_of("{}"), "order_placed.order: required, but missing");
  EXPECT_EQ(message_of(replaced(R"(,"quantity":-1)", "")),
            "order_placed.lines[1].quantity: required, but missing");
}

TEST(Json, NamesAFieldOfTheWrongType) {
  EXPECT_EQ(message_of(replaced(":-1", R"(:"secret")")),
            "order_placed.lines[1].quantity: expected integer, found string");
  EXPECT_EQ(message_of(replaced(R"("O-1")", "null")),
            "order_placed.order: expected string, found null");
  EXPECT_EQ(message_of("nope"), "order_placed: expected object at byte 0");
  EXPECT_EQ(message_of(replaced(R"([{"sku")", R"({"x":[{"sku")")),
            "order_placed.lines: expected array, found object");
  EXPECT_EQ(message_of(replaced(R"({"days":30})", "[]")),
            "order_placed.payment.invoice: expected object, found array");
  EXPECT_EQ(message_of("[]"), "order_placed: expected object, found array");
  EXPECT_EQ(message_of(replaced(":-1", ":1.5")),
            "order_placed.lines[1].quantity: expected integer, found a number with fraction or "
            "exponent");
}

TEST(Json, NeverShowsTheValueThatItRefuses) {
  for (const auto& [old_part, new_part] : std::vector<std::pair<std::string, std::string>>{
           {":-1", R"(:"secret")"},
           {R"("counter")", R"("secret")"},
           {R"("invoice")", R"("secret")"},
           {R"({"gift":"yes"})", R"({"secret":1})"},
           {R"({"gift":"yes"})", R"({"secret":"a","secret":"b"})"},
           {R"("O-1")", R"("secret)"},
           {R"("order":"O-1")", R"("order":"secret" "secret")"}}) {
    const std::string message = message_of(replaced(old_part, new_part));
    EXPECT_NE(message, "none") << new_part;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  }
}

TEST(Json, RefusesAKnownFieldThatIsThereTwice) {
  EXPECT_EQ(message_of(replaced(R"("priority":1)", R"("priority":1,"order":"O-2")")),
            "order_placed.order: the field is there twice");
}

TEST(Json, LeavesEmptyOptionalsOut) {
  expect_round_trip(std::vector<std::optional<int>>{1, std::nullopt}, "[1,null]");
  EXPECT_EQ(to_json(Flags{}).value(), "{}");
  EXPECT_EQ(to_json(Flags{std::nullopt, true}).value(), R"({"second":true})");
  const auto read = from_json<Flags>(R"({"first":null})");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->first || read->second);
}

TEST(Json, FillsFieldsThatWereAddedLater) {
  const auto read = from_json<Later>("{}");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, (Later{{"none"}, 3, "new"}));
}

TEST(Json, KeepsEmptyOptionalsOfFieldsThatWereAddedLater) {
  expect_round_trip(Later{{}, std::nullopt, ""}, R"({"tags":[],"rank":null,"state":""})");
}

TEST(Json, ReadsAndWritesContainers) {
  expect_round_trip(std::vector<bool>{true, false}, "[true,false]");
  expect_round_trip(std::vector<std::vector<int>>{{}, {1}}, "[[],[1]]");
  expect_round_trip(std::deque<int>{1, 2}, "[1,2]");
  expect_round_trip(std::array<int, 2>{1, 2}, "[1,2]");
  expect_round_trip(std::array<int, 0>{}, "[]");
  expect_round_trip(std::set<std::string>{"a", "b"}, R"(["a","b"])");
  expect_round_trip(std::pair<std::string, int>{"a", 1}, R"(["a",1])");
  expect_round_trip(std::map<std::string, int>{{"a\n", 1}, {"b", 2}}, R"({"a\n":1,"b":2})");
  expect_round_trip(std::map<std::string, int, std::less<>>{}, "{}");
  expect_round_trip(std::unordered_map<std::string, int>{{"a", 1}}, R"({"a":1})");
  expect_round_trip(std::map<Channel, int>{{Channel::Web, 1}}, R"({"web":1})");
}

TEST(Json, RefusesContainersOfTheWrongSizeOrContent) {
  using Pair = std::pair<int, int>;
  EXPECT_FALSE((from_json<std::array<int, 2>>("[1]")));
  EXPECT_FALSE((from_json<std::array<int, 2>>("[1,2,3]")));
  EXPECT_FALSE(from_json<Pair>("[1]"));
  EXPECT_FALSE(from_json<Pair>("[1,2,3]"));
  EXPECT_FALSE(from_json<std::set<int>>("[1,1]"));
  EXPECT_FALSE((from_json<std::map<std::string, int>>(R"({"a":1,"a":1})")));
}

TEST(Json, StoresEnumsByName) {
  expect_round_trip(std::vector{Channel::Web, Channel::Counter}, R"(["web","counter"])");
  EXPECT_FALSE(from_json<Channel>(R"("fax")"));
  EXPECT_FALSE(from_json<Channel>("0"));
  const auto written = to_json(static_cast<Channel>(7));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::InvalidArgument);
}

TEST(Json, TellsAlternativesApartByName) {
  using Payment = std::variant<Card, Invoice>;
  expect_round_trip(Payment(Card{"42"}), R"({"card":{"last_digits":"42"}})");
  expect_round_trip(Payment(Invoice{14}), R"({"invoice":{"days":14}})");
  EXPECT_FALSE(from_json<Payment>("{}"));
  EXPECT_FALSE(from_json<Payment>(R"({"cash":{}})"));
  EXPECT_FALSE(from_json<Payment>(R"({"invoice":{"days":1},"card":{"last_digits":""}})"));
}

TEST(Json, ReadsAndWritesDownToTheDepthLimitOnly) {
  // Each node is an object with an array: two levels; the innermost array is empty.
  const auto nested = [](int nodes) {
    Node node;
    for (int i = 1; i < nodes; ++i) {
      Node outer;
      outer.children.push_back(std::move(node));
      node = std::move(outer);
    }
    return node;
  };
  const auto deepest = to_json(nested(64));
  ASSERT_TRUE(deepest) << deepest.error().message;
  EXPECT_TRUE(from_json<Node>(*deepest));
  EXPECT_TRUE(from_json<Nothing>(R"({"a":)" + std::string(127, '[') + std::string(127, ']') + "}"));

  const auto deeper = to_json(nested(65));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code, ErrorCode::LimitExceeded);
  std::string text;
  for (int i = 0; i < 65; ++i) text += R"({"c":[)";
  for (int i = 0; i < 65; ++i) text += "]}";
  EXPECT_FALSE(from_json<Node>(text));
  EXPECT_FALSE(
      from_json<Nothing>(R"({"a":)" + std::string(128, '[') + std::string(128, ']') + "}"));
  EXPECT_FALSE(from_json<Nothing>(R"({"a":)" + std::string(1'000'000, '[')));
}

TEST(Json, LeavesTheOutputAloneWhenItRefuses) {
  OrderPlaced order = sample_order();
  order.lines.resize(1'000, order.lines[0]);
  order.notes["comment"] =
      "Stra\xDF"
      "e";
  std::string out = "before";
  const Result<void> result = encode_event(order, out);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(result.error().message, "order_placed.notes[0]: the text is not valid UTF-8");
  EXPECT_EQ(out, "before");
}

}  // namespace
