#include "eventcore/describe.hpp"

#include <gtest/gtest.h>

#include "shop_events.hpp"

namespace {

using namespace shop;

struct NotDescribed {};
struct WrongDescription {
  static constexpr int describe() { return 1; }
};

TEST(Describe, GivesNameAndVersionWhenCompiling) {
  static_assert(event_name<OrderPlaced> == "order_placed");
  static_assert(event_version<OrderPlaced> == 4);
  static_assert(event_version<OrderClosed> == 1);
}

TEST(Describe, TellsEventsFromValues) {
  static_assert(DescribedEvent<OrderPlaced> && !DescribedValue<OrderPlaced>);
  static_assert(DescribedValue<Line> && !DescribedEvent<Line>);
  static_assert(!DescribedEvent<NotDescribed> && !DescribedValue<NotDescribed>);
  static_assert(!DescribedEvent<WrongDescription> && !DescribedEvent<const OrderPlaced>);
  static_assert(DescribedEnum<Channel> && !DescribedEnum<ErrorCode>);
}

TEST(Describe, AcceptsNamesUpToTheLimitOnly) {
  const std::string longest(limits::kTypeNameBytes, 'a');
  EXPECT_TRUE(detail::is_event_name(longest));
  EXPECT_FALSE(detail::is_event_name(longest + "a"));
  EXPECT_TRUE(detail::is_stored_name(longest));
  EXPECT_FALSE(detail::is_stored_name(longest + "a"));
}

TEST(Describe, AcceptsOnlyNamesThatNeedNoEscape) {
  for (const std::string_view good : {"a", "OrderPlaced", "shop.order-placed:v_2"}) {
    EXPECT_TRUE(detail::is_event_name(good)) << good;
  }
  for (const std::string_view bad : {"", "1a", "_a", "a b", "a\"", "a\\", "\xC3\xA9", "a/b"}) {
    EXPECT_FALSE(detail::is_event_name(bad)) << bad;
  }
  for (const std::string_view bad : {"", "a b", "a\"b", "a\\b", "a\n", "\xC3\xA9"}) {
    EXPECT_FALSE(detail::is_stored_name(bad)) << bad;
  }
  EXPECT_TRUE(detail::is_stored_name("1/2"));
}

TEST(EventVariant, IsASetOfEventsOnly) {
  static_assert(EventVariant<OrderEvents>);
  static_assert(!EventVariant<std::variant<OrderPlaced, Line>>);
  static_assert(!EventVariant<OrderPlaced>);
}

TEST(EventVariant, FindsItsEventsByName) {
  static_assert(index_of_event<OrderEvents>("order_placed") == 0);
  static_assert(index_of_event<OrderEvents>("order_closed") == 1);
  static_assert(!index_of_event<OrderEvents>("order_opened"));
  static_assert(event_types<OrderEvents>[0] == EventType{"order_placed", 4});
}

TEST(Upcast, IsSeenOnStructsThatNameTheirPrevious) {
  static_assert(Upcast<OrderPlaced> && Upcast<OrderPlacedV2> && !Upcast<OrderPlacedV1>);
}

}  // namespace
