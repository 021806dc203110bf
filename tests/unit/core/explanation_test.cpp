#include "eventcore/explanation.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "eventcore/memory_store.hpp"

namespace eventcore {
namespace {

/// Ten batches of two events.
std::unique_ptr<EventStore> filled_store() {
  auto store = open_memory_store();
  for (int i = 0; i < 10; ++i) {
    const std::vector<EventToWrite> events = {
        {.stream = StreamId::literal("a-1"), .type = "happened", .payload = "{}"},
        {.stream = StreamId::literal("a-2"), .type = "happened", .payload = "{}"}};
    EXPECT_TRUE(store->write_events(events));
  }
  return store;
}

TEST(Explanation, IsOfTheWholeBatch) {
  const auto store = filled_store();
  for (const std::uint64_t position : {5U, 6U}) {
    const auto found = explain_position(*store, {position});
    ASSERT_TRUE(found);
    ASSERT_TRUE(*found);
    EXPECT_EQ((*found)->batch->first, Position{5});
    EXPECT_EQ((*found)->last(), Position{6});
    EXPECT_EQ((*found)->events_written("a-1"), 1U);
    EXPECT_EQ((*found)->events_written("a-3"), 0U);
  }
  EXPECT_FALSE(*explain_position(*store, {21}));
}

TEST(FindBatches, GoesOnWhereItEnded) {
  const auto store = filled_store();
  std::vector<std::uint64_t> seen;
  Position after;
  do {
    const auto found = find_batches(
        *store,
        {.wanted = [](const StoredBatch&) { return true; }, .after = after, .batches_max = 3});
    ASSERT_TRUE(found);
    EXPECT_LE(found->batches.size(), 3U);
    for (const FoundBatches::Place& place : found->batches) seen.push_back(place.first.value);
    ASSERT_GT(found->searched_to, after);
    after = found->searched_to;
  } while (after < store->head());
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}));
}

TEST(FindBatches, EndsAtTheDeadline) {
  const auto store = filled_store();
  const auto found =
      find_batches(*store, {.wanted = [](const StoredBatch&) { return false; },
                            .deadline = Deadline::after(std::chrono::nanoseconds(0))});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->batches.empty());
  EXPECT_EQ(found->searched_to, store->head()) << "a page at least is read";
}

TEST(ParseTraceId, TakesHexAndTraceparent) {
  const auto id = parse_trace_id("4bf92f3577b34da6a3ce929d0e0e4736");
  ASSERT_TRUE(id);
  EXPECT_EQ(parse_trace_id("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), id);
  EXPECT_FALSE(parse_trace_id("4bf92f35"));
}

}  // namespace
}  // namespace eventcore
