#include "eventcore/event_filter.hpp"

#include <gtest/gtest.h>

namespace eventcore {
namespace {

TEST(EventFilter, TakesEverythingByDefault) {
  const EventFilter filter = EventFilter::all();
  EXPECT_TRUE(filter.matches_all_streams());
  EXPECT_TRUE(filter.matches_all_types());
  EXPECT_TRUE(filter.matches_stream("anything"));
  EXPECT_TRUE(filter.matches_type("Anything"));
}

TEST(EventFilter, TakesAStreamThatAnyConditionNames) {
  EventFilter filter;
  filter.stream(StreamId::literal("audit"));
  filter.prefix(*StreamPrefix::parse("order-"));
  filter.pattern(*StreamPattern::parse("stock-?"));
  EXPECT_FALSE(filter.matches_all_streams());
  EXPECT_TRUE(filter.matches_all_types());
  EXPECT_TRUE(filter.matches_stream("audit"));
  EXPECT_TRUE(filter.matches_stream("order-17"));
  EXPECT_TRUE(filter.matches_stream("stock-7"));
  EXPECT_FALSE(filter.matches_stream("audit-1"));
  EXPECT_FALSE(filter.matches_stream("stock-77"));
  EXPECT_FALSE(filter.matches_stream(""));
}

TEST(EventFilter, EachKindOfConditionCountsAlone) {
  EXPECT_FALSE(EventFilter().stream(StreamId::literal("a")).matches_stream("b"));
  EXPECT_FALSE(EventFilter().prefix(*StreamPrefix::parse("a")).matches_stream("b"));
  EXPECT_FALSE(EventFilter().pattern(*StreamPattern::parse("a*")).matches_stream("b"));
}

TEST(EventFilter, TakesTheListedTypes) {
  EventFilter filter;
  filter.type("OrderPlaced").type("OrderShipped");
  EXPECT_TRUE(filter.matches_all_streams());
  EXPECT_FALSE(filter.matches_all_types());
  EXPECT_TRUE(filter.matches_type("OrderShipped"));
  EXPECT_FALSE(filter.matches_type("Order"));
  EXPECT_FALSE(filter.matches_type("orderplaced"));
  EXPECT_EQ(filter.types().size(), 2U);
}

}  // namespace
}  // namespace eventcore
