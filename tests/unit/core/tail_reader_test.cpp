#include "eventcore/tail_reader.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

#include "eventcore/memory_store.hpp"
#include "eventcore/testing/matchers.hpp"

namespace eventcore {
namespace {

using testing::HasError;
using testing::IsOk;

const Deadline kPast{Instant{}};

Position note(EventStore& store, std::string_view stream, std::string_view type = "Noted") {
  const std::vector<EventToWrite> events = {
      {.stream = StreamId::parse(stream).value(), .type = std::string(type), .payload = "{}"}};
  return store.write_events(events).value().last;
}

TEST(TailReader, BeginsBehindItsPosition) {
  const auto store = open_memory_store();
  for (int i = 0; i < 3; ++i) note(*store, "a");
  TailReader tail(*store, {1});
  EXPECT_EQ(tail.position(), Position{1});
  const Result<EventPage> page = tail.next();
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->events.size(), 2U);
  EXPECT_EQ(page->events[0].position, Position{2});
  EXPECT_EQ(tail.position(), Position{3});
}

TEST(TailReader, ReturnsEveryEventOnce) {
  const auto store = open_memory_store();
  for (int i = 0; i < 10; ++i) note(*store, "a");
  TailReader tail(*store, {}, {}, {.events_max = 3});
  std::vector<std::uint64_t> seen;
  while (true) {
    const Result<EventPage> page = tail.next(kPast);
    ASSERT_THAT(page, IsOk());
    if (page->events.empty()) break;
    for (const StoredEvent& event : page->events) seen.push_back(event.position.value);
  }
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

TEST(TailReader, GivesAnEmptyPageAtTheDeadline) {
  const auto store = open_memory_store();
  note(*store, "a");
  TailReader tail(*store, {1});
  const Result<EventPage> page = tail.next(Deadline::after(std::chrono::milliseconds{1}));
  ASSERT_THAT(page, IsOk());
  EXPECT_TRUE(page->events.empty());
  EXPECT_EQ(page->scanned_to, Position{1});
}

TEST(TailReader, AdvancesOverForeignEvents) {
  const auto store = open_memory_store();
  for (int i = 0; i < 5; ++i) note(*store, "foreign");
  EventFilter filter;
  filter.stream(StreamId::literal("wanted"));
  TailReader tail(*store, {}, filter);
  const Result<EventPage> page = tail.next(kPast);
  ASSERT_THAT(page, IsOk());
  EXPECT_TRUE(page->events.empty());
  EXPECT_EQ(page->scanned_to, Position{5});
  EXPECT_EQ(tail.position(), Position{5});
}

TEST(TailReader, WakesForANewEvent) {
  const auto store = open_memory_store();
  TailReader tail(*store, {});
  auto waiting = std::async(std::launch::async, [&] { return tail.next(); });
  note(*store, "a");
  const Result<EventPage> page = waiting.get();
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->events.size(), 1U);
}

TEST(TailReader, SleepsThroughForeignEvents) {
  const auto store = open_memory_store();
  EventFilter filter;
  filter.type("Wanted");
  TailReader tail(*store, {}, filter);
  auto waiting = std::async(std::launch::async, [&] { return tail.next(); });
  for (int i = 0; i < 100; ++i) note(*store, "a");
  const Position wanted = note(*store, "a", "Wanted");
  const Result<EventPage> page = waiting.get();
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->events.size(), 1U);
  EXPECT_EQ(page->events[0].position, wanted);
}

TEST(TailReader, IsStopped) {
  const auto store = open_memory_store();
  TailReader tail(*store, {});
  std::stop_source stop;
  auto waiting = std::async(std::launch::async, [&] { return tail.next({}, stop.get_token()); });
  stop.request_stop();
  EXPECT_THAT(waiting.get(), HasError(ErrorCode::Cancelled));
  note(*store, "a");
  EXPECT_THAT(tail.next({}, stop.get_token()), HasError(ErrorCode::Cancelled));
  EXPECT_EQ(tail.position(), Position{0});
  EXPECT_EQ(tail.next()->events.size(), 1U) << "nothing was skipped";
}

TEST(TailReader, EndsWhenTheStoreCloses) {
  const auto store = open_memory_store();
  TailReader tail(*store, {});
  auto waiting = std::async(std::launch::async, [&] { return tail.next(); });
  ASSERT_THAT(store->close({}), IsOk());
  EXPECT_THAT(waiting.get(), HasError(ErrorCode::ShuttingDown));
}

TEST(TailReader, ShowsBatchesWhenAsked) {
  const auto store = open_memory_store();
  note(*store, "a");
  TailReader plain(*store, {});
  EXPECT_EQ(plain.next()->events[0].batch, nullptr);
  TailReader with_batch(*store, {}, {}, {.with_batch = true});
  const Result<EventPage> page = with_batch.next();
  ASSERT_NE(page->events[0].batch, nullptr);
  EXPECT_EQ(page->events[0].batch->events, 1U);
}

TEST(TailReader, FollowsConcurrentWritersWithoutAGap) {
  constexpr int kWriters = 3;
  constexpr int kEach = 500;
  const auto store = open_memory_store();
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&store, w] {
      for (int i = 0; i < kEach; ++i) note(*store, "writer-" + std::to_string(w));
    });
  }
  TailReader tail(*store, {}, {}, {.events_max = 64});
  std::uint64_t next = 1;
  while (next <= kWriters * kEach) {
    const Result<EventPage> page = tail.next();
    ASSERT_THAT(page, IsOk());
    for (const StoredEvent& event : page->events) ASSERT_EQ(event.position.value, next++);
  }
  for (std::thread& writer : writers) writer.join();
}

TEST(TailReaderDeathTest, StopsOnPagesOfNothing) {
  const auto store = open_memory_store();
  EXPECT_DEATH(TailReader(*store, {}, {}, {.events_max = 0}), "at least one event");
}

}  // namespace
TEST(TailReader, SaysWhenTheLogIsNotTheOneItWasReading) {
  const auto store = open_memory_store();
  note(*store, "a");
  TailReader tail(*store, Position{1'000});
  const auto at_once = tail.next(kPast);
  ASSERT_TRUE(at_once) << "the store may be a moment late";
  EXPECT_TRUE(at_once->events.empty());
  EXPECT_EQ(tail.position(), Position{1'000});
  const auto page = tail.next();
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(page.error().position, Position{1});
}

TEST(TailReader, WaitsForAStoreThatIsLate) {
  const auto store = open_memory_store();
  note(*store, "a");
  TailReader tail(*store, Position{2});
  std::thread writer([&] {
    note(*store, "a");
    note(*store, "a");
  });
  const auto page = tail.next();
  writer.join();
  ASSERT_TRUE(page) << describe(page.error());
  ASSERT_FALSE(page->events.empty());
  EXPECT_EQ(page->events[0].position, Position{3});
}

}  // namespace eventcore
