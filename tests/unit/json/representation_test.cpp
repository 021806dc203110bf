#include "eventcore/representation.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shop_events.hpp"

namespace {

using namespace shop;
constexpr std::string_view kUuid = "0190b5a2-7c3d-7e4f-8a9b-0c1d2e3f4a5b";

struct Moved {
  StreamId stream = StreamId::literal("unset");
  Uuid id;

  static constexpr auto describe() {
    return describe_event("moved", 1, field("stream", &Moved::stream), field("id", &Moved::id));
  }
};

TEST(Representation, StoresUuidsAsTheirText) {
  const auto text = to_json(*Uuid::parse(kUuid));
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, '"' + std::string(kUuid) + '"');
  const auto read = from_json<Uuid>(*text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->to_string(), kUuid);
  EXPECT_FALSE(from_json<Uuid>(R"("0190b5a2")"));
}

TEST(Representation, StoresStreamIdsAsTheirText) {
  const auto read =
      decode_event<Moved>(1, R"({"stream":"order-1","id":"0190b5a2-7c3d-7e4f-8a9b-0c1d2e3f4a5b"})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->stream.view(), "order-1");
  std::string out;
  ASSERT_TRUE(encode_event(*read, out));
  EXPECT_EQ(out, R"({"stream":"order-1","id":"0190b5a2-7c3d-7e4f-8a9b-0c1d2e3f4a5b"})");
}

TEST(Representation, NamesTheFieldWhoseTypeRefusesTheValue) {
  const auto read = from_json<std::vector<OrderId>>(R"(["O-1","secret"])");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::DecodeFailed);
  EXPECT_EQ(read.error().message, "$[1]: an order id begins with O-");
}

TEST(Representation, NeedsNoDefaultConstructorInContainers) {
  static_assert(!std::is_default_constructible_v<OrderId>);
  const auto list = from_json<std::vector<OrderId>>(R"(["O-1","O-2"])");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->at(1).view(), "O-2");
  const auto some = from_json<std::optional<OrderId>>(R"("O-3")");
  ASSERT_TRUE(some);
  EXPECT_EQ((*some)->view(), "O-3");
  const auto none = from_json<std::optional<OrderId>>("null");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
}

TEST(Representation, OfTextCanBeTheKeyOfAMap) {
  const auto read = from_json<std::map<OrderId, Cents>>(R"({"O-1":5,"O-2":7})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read).value(), R"({"O-1":5,"O-2":7})");
  EXPECT_FALSE((from_json<std::map<OrderId, Cents>>(R"({"x":5})")));
}

}  // namespace
