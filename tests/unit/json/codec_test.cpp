#include "eventcore/codec.hpp"

#include <gtest/gtest.h>

#include <string>

#include "shop_events.hpp"

namespace shop {

/// An event with a codec of its own, and no JSON.
struct Ping {
  char letter = 0;
  static constexpr auto describe() { return describe_event("ping", 1); }
};

/// An event as large as its member says.
struct Bulk {
  std::size_t bytes = 0;
  static constexpr auto describe() { return describe_event("bulk", 1); }
};

}  // namespace shop

template <>
struct eventcore::Codec<shop::Ping> {
  static constexpr std::string_view content_type = "application/x-ping";
  static Result<void> encode(const shop::Ping& event, std::string& out) {
    out += event.letter;
    return {};
  }
  static Result<shop::Ping> decode(std::string_view bytes) { return shop::Ping{bytes.at(0)}; }
};

template <>
struct eventcore::Codec<shop::Bulk> {
  static constexpr std::string_view content_type = "application/x-bulk";
  static Result<void> encode(const shop::Bulk& event, std::string& out) {
    out.append(event.bytes, 'x');
    return {};
  }
  static Result<shop::Bulk> decode(std::string_view bytes) { return shop::Bulk{bytes.size()}; }
};

namespace {

using namespace shop;
using PingEvents = std::variant<OrderClosed, Ping>;

TEST(Codec, OfTheApplicationGoesBeforeJson) {
  static_assert(Encodable<Ping> && Codec<Ping>::content_type == "application/x-ping");
  static_assert(Codec<OrderClosed>::content_type == "application/json");
  std::string out;
  ASSERT_TRUE(encode_event(PingEvents(Ping{'p'}), out));
  ASSERT_TRUE(encode_event(PingEvents(OrderClosed{}), out));
  EXPECT_EQ(out, "p{}");
  const auto read = decode_event<PingEvents>("ping", 1, "p");
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Ping>(*read).letter, 'p');
}

TEST(Codec, RefusesEventsBeyondTheLimit) {
  std::string out = "before";
  ASSERT_TRUE(encode_event(Bulk{limits::kEventBytes}, out));
  out.resize(6);
  const Result<void> result = encode_event(Bulk{limits::kEventBytes + 1}, out);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::LimitExceeded);
  EXPECT_EQ(out, "before");
}

TEST(Upcast, RunsStepByStepFromTheOldestVersion) {
  const auto first = decode_event<OrderPlaced>(1, R"({"order":"O-1","customer":"C-1"})");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->customer, "C-1");
  const auto second = decode_event<OrderPlaced>(2, R"({"order":"O-2"})");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->order, "O-2");
  EXPECT_EQ(second->customer, std::nullopt);
}

TEST(Upcast, LeavesTheCurrentVersionAlone) {
  const auto read = decode_event<OrderPlaced>(4, kSampleOrder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, sample_order());
}

TEST(Upcast, ReportsItsOwnFailure) {
  const auto read = decode_event<OrderPlaced>(1, R"({"order":"","customer":""})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "an order without id");
}

TEST(Upcast, NamesBothVersionsWhenTheStoredOneIsNewer) {
  const auto read = decode_event<OrderPlaced>(5, kSampleOrder);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::DecodeFailed);
  EXPECT_EQ(read.error().message,
            "order_placed: stored with schema version 5, the newest known version is 4");
}

TEST(Upcast, SaysWhichVersionHasNoUpcaster) {
  const auto gap = decode_event<OrderPlaced>(3, "{}");
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().message,
            "order_placed: stored with schema version 3, no upcaster leads to version 4");
  const auto zero = decode_event<OrderPlaced>(0, "{}");
  ASSERT_FALSE(zero);
  EXPECT_EQ(zero.error().code, ErrorCode::DecodeFailed);
}

TEST(EventVariant, DecodesByNameAndByIndex) {
  const auto by_name = decode_event<OrderEvents>("order_placed", 4, kSampleOrder);
  ASSERT_TRUE(by_name) << by_name.error().message;
  EXPECT_EQ(*by_name, OrderEvents(sample_order()));
  const auto by_index = decode_event<OrderEvents>(std::size_t{1}, 1, "{}");
  ASSERT_TRUE(by_index) << by_index.error().message;
  EXPECT_EQ(*by_index, OrderEvents(OrderClosed{}));
}

TEST(EventVariant, ReportsEventsThatItDoesNotKnow) {
  const auto read = decode_event<OrderEvents>("order_opened", 1, "{}");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::UnknownEventType);
  EXPECT_NE(read.error().message.find("order_opened"), std::string::npos);
}

TEST(EventVariant, PassesOnTheFailureOfAnEvent) {
  const auto read = decode_event<OrderEvents>("order_placed", 4, R"({"order":1})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "order_placed.order: expected string, found number");
}

}  // namespace
