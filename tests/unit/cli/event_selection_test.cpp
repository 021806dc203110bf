#include "event_selection.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <string>

#include "eventcore/explanation.hpp"
#include "eventcore/memory_store.hpp"

namespace eventcore::cli {
namespace {

using namespace std::chrono_literals;

/// A clock that moves on by a second whenever it is asked.
class SteppingClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return {}; }
  [[nodiscard]] Timestamp wall() const noexcept override { return Timestamp(1s * ++seconds_); }

 private:
  mutable std::atomic<int> seconds_ = 0;  // atomic: clocks are thread-safe
};

/// 1,000 batches of one event on a-0, a-1, b/0, b/1, in turn; every tenth is of another type.
class EventSelection : public testing::Test {
 protected:
  EventSelection() {
    constexpr std::array<const char*, 4> kStreams{"a-0", "a-1", "b/0", "b/1"};
    for (std::size_t i = 0; i != 1'000; ++i) {
      WriteBatch batch;
      batch.info.id.bytes.fill(static_cast<std::uint8_t>(i));
      batch.info.correlation_id = "c" + std::to_string(i % 3);
      batch.info.trace.trace_id.fill(static_cast<std::uint8_t>(1 + i % 2));
      batch.info.trace.span_id.fill(1);
      const std::uint32_t stream =
          batch.add_stream(StreamId::parse(kStreams[i % 4]).value(), ExpectedVersion::any());
      batch.add_event(stream, i % 10 == 0 ? "Rare" : "Often", 1, "{}");
      EXPECT_TRUE(store_->append(batch));
    }
  }

  std::vector<std::uint64_t> visit(const SelectionOptions& options) {
    const Result<Selection> selection = parse_selection(options, Timestamp(10h));
    EXPECT_TRUE(selection) << selection.error().message;
    const Console console(-1, -1, "test", stop_.get_token());
    std::vector<std::uint64_t> positions;
    const Result<Position> reached = visit_events(
        *store_, *selection, false, console,
        {.event = [&](const StoredEvent& event) { positions.push_back(event.position.value); }});
    EXPECT_TRUE(reached) << reached.error().message;
    reached_ = *reached;
    return positions;
  }
  static std::uint64_t sum(const std::vector<std::uint64_t>& positions) {
    return std::accumulate(positions.begin(), positions.end(), std::uint64_t{0});
  }

  SteppingClock clock_;
  std::unique_ptr<EventStore> store_ = open_memory_store({.clock = &clock_});
  std::stop_source stop_;
  Position reached_;
};

TEST_F(EventSelection, IsTheWholeLogByDefault) {
  const auto all = visit({});
  EXPECT_EQ(all.size(), 1'000U);
  EXPECT_EQ(sum(all), 500'500U);
  EXPECT_EQ(reached_, Position{1'000});
}

TEST_F(EventSelection, ChoosesStreamsAnyWay) {
  EXPECT_EQ(visit({.streams = {"a-1"}}).size(), 250U);
  const auto two = visit({.streams = {"a-1", "b/0", "a-1"}});
  EXPECT_EQ(two.size(), 500U);
  EXPECT_TRUE(std::is_sorted(two.begin(), two.end()));
  EXPECT_EQ(visit({.prefixes = {"a-"}}).size(), 500U);
  EXPECT_EQ(visit({.patterns = {"*/1"}}).size(), 250U);
  EXPECT_EQ(visit({.streams = {"a-0"}, .patterns = {"*/1"}}).size(), 500U);
  EXPECT_EQ(visit({.streams = {"unknown"}}).size(), 0U);
}

TEST_F(EventSelection, JoinsItsConditions) {
  EXPECT_EQ(visit({.types = {"Rare"}}).size(), 100U);
  EXPECT_EQ(visit({.types = {"Rare", "Often"}}).size(), 1'000U);
  EXPECT_EQ(visit({.streams = {"a-0"}, .types = {"Rare"}}).size(), 50U);
  EXPECT_EQ(visit({.correlation = "c0"}).size(), 334U);
  EXPECT_EQ(visit({.trace = "01010101010101010101010101010101"}).size(), 500U);
  EXPECT_EQ(visit({.streams = {"a-0"}, .correlation = "c0"}).size(), 84U);
  EXPECT_EQ(visit({.types = {"None"}}).size(), 0U);
}

TEST_F(EventSelection, BeginsBehindAPositionAndEndsAtALimit) {
  EXPECT_EQ(visit({.after = 998}), (std::vector<std::uint64_t>{999, 1'000}));
  EXPECT_EQ(visit({.after = 5, .limit = 2}), (std::vector<std::uint64_t>{6, 7}));
  EXPECT_EQ(reached_, Position{7});
  EXPECT_EQ(visit({.streams = {"a-0"}, .after = 5, .limit = 2}),
            (std::vector<std::uint64_t>{9, 13}));
  EXPECT_EQ(visit({.correlation = "c1", .limit = 2}), (std::vector<std::uint64_t>{2, 5}));
  EXPECT_EQ(visit({.limit = 0}).size(), 0U);
  EXPECT_EQ(visit({.after = 2'000}).size(), 0U);
}

TEST_F(EventSelection, BoundsTimesHalfOpen) {
  const Result<EventPage> page = store_->read(LogQuery{.after = {99}, .events_max = 1});
  ASSERT_TRUE(page);
  const Timestamp hundredth = page->events.front().time;
  EXPECT_EQ(*position_before(*store_, hundredth), Position{99});
  EXPECT_EQ(*position_before(*store_, hundredth + 1ns), Position{100});
  EXPECT_EQ(*position_before(*store_, Timestamp{}), Position{0});
  EXPECT_EQ(*position_before(*store_, Timestamp(24h)), Position{1'000});

  const std::string from = "1970-01-01T00:01:40Z";
  const std::string to = "1970-01-01T00:01:43Z";
  const auto between = visit({.since = from, .until = to});
  EXPECT_EQ(between.size(), 3U);
  EXPECT_EQ(visit({.streams = {"a-0", "a-1", "b/0", "b/1"}, .since = from, .until = to}), between);
  EXPECT_EQ(visit({.until = from}).size() + visit({.since = from}).size(), 1'000U);
}

TEST_F(EventSelection, EndsWhenTheUserStopsIt) {
  stop_.request_stop();
  SelectionOptions options;
  options.types = {"Often"};
  EXPECT_LE(visit(options).size(), 1'000U);
  EXPECT_LE(reached_, Position{1'000});
}

TEST(SelectionOptions, AreRefusedWithTheirName) {
  const auto refusal = [](const SelectionOptions& options) {
    const Result<Selection> selection = parse_selection(options, Timestamp(10h));
    return selection ? std::string("accepted") : selection.error().message;
  };
  EXPECT_EQ(refusal({.streams = {"a*"}}).substr(0, 9), "--stream:");
  EXPECT_EQ(refusal({.prefixes = {""}}).substr(0, 9), "--prefix:");
  EXPECT_EQ(refusal({.patterns = {"["}}).substr(0, 10), "--pattern:");
  EXPECT_EQ(refusal({.trace = "xyz"}).substr(0, 8), "--trace:");
  EXPECT_EQ(refusal({.since = "soon"}).substr(0, 8), "--since:");
  EXPECT_EQ(refusal({.until = "soon"}).substr(0, 8), "--until:");
}

TEST(TraceId, IsReadFromBothForms) {
  const auto id = parse_trace_id("4bf92f3577b34da6a3ce929d0e0e4736");
  ASSERT_TRUE(id);
  EXPECT_EQ((*id)[0], 0x4b);
  EXPECT_EQ(parse_trace_id("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), id);
  EXPECT_EQ(parse_trace_id("4bf92f3577b34da6a3ce929d0e0e473"), std::nullopt);
  EXPECT_EQ(parse_trace_id("00000000000000000000000000000000"), std::nullopt);
}

}  // namespace
}  // namespace eventcore::cli
