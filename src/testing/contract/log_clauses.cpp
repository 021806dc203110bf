#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void log_is_in_commit_order(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a", "1");
  note(*store, "b", "2");
  note(*store, "c", "3");
  note(*store, "a", "4");
  EXPECT_THAT(payloads(read_log(*store)), ElementsAre("1", "2", "3", "4"));
}

void resumption_is_exclusive(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* payload : {"1", "2", "3", "4", "5"}) note(*store, "a", payload);
  LogQuery query;
  query.after = {3};
  const EventPage page = must(store->read(query));
  EXPECT_THAT(positions(page), ElementsAre(4, 5));
  EXPECT_THAT(payloads(page), ElementsAre("4", "5"));
  query.after = {5};
  EXPECT_THAT(must(store->read(query)).events, IsEmpty());
}

void until_ends_the_read(StoreFixture& fixture) {
  Subject store(fixture);
  for (int i = 0; i < 6; ++i) note(*store, "a");
  LogQuery query;
  query.after = {1};
  query.until = Position{4};
  const EventPage page = must(store->read(query));
  EXPECT_THAT(positions(page), ElementsAre(2, 3, 4));
  EXPECT_FALSE(page.more);
  EXPECT_EQ(page.scanned_to, Position{4});
  EXPECT_EQ(page.at, Position{4});
}

void scan_never_passes_the_head(StoreFixture& fixture) {
  Subject store(fixture);
  for (int i = 0; i < 3; ++i) note(*store, "a");
  LogQuery query;
  query.until = Position{1'000};
  const EventPage page = must(store->read(query));
  EXPECT_THAT(positions(page), ElementsAre(1, 2, 3));
  EXPECT_EQ(page.scanned_to, Position{3}) << "a reader that goes on from here would lose events";
  EXPECT_EQ(page.at, Position{3});
  for (const std::uint64_t far : {std::uint64_t{1'000}, ~std::uint64_t{0}}) {
    query.after = {far};
    for (const auto until : {std::optional<Position>(), query.until}) {
      query.until = until;
      const EventPage beyond = must(store->read(query));
      EXPECT_THAT(beyond.events, IsEmpty());
      EXPECT_EQ(beyond.scanned_to, Position{3}) << "a reader that was ahead would lose events";
      EXPECT_EQ(beyond.at, Position{3});
    }
  }
}

void empty_log_reads_empty(StoreFixture& fixture) {
  Subject store(fixture);
  const EventPage page = must(store->read(LogQuery{}));
  EXPECT_THAT(page.events, IsEmpty());
  EXPECT_FALSE(page.more);
  EXPECT_EQ(page.at, Position{0});
  EXPECT_EQ(page.scanned_to, Position{0});
}

void scan_advances_over_foreign_events(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "wanted-1");
  WriteBatch batch = batch_of({{"foreign-1", any(), std::vector<std::string>(3'000, "{}")}});
  must(store->append(batch));

  LogQuery query;
  query.filter.prefix(must(StreamPrefix::parse("wanted-")));
  EXPECT_THAT(read_log(*store, query), SizeIs(1));
  query.after = {1};
  for (int pages = 0; query.after < store->head(); ++pages) {
    ASSERT_LT(pages, 3'000);
    const EventPage page = must(store->read(query));
    EXPECT_THAT(page.events, IsEmpty());
    ASSERT_GT(page.scanned_to, query.after) << "the reader stands still";
    if (!page.more) {
      EXPECT_EQ(page.scanned_to, store->head());
    }
    query.after = page.scanned_to;
  }
}

void cut_page_says_how_far_it_got(StoreFixture& fixture) {
  Subject store(fixture);
  for (int i = 0; i < 10; ++i) note(*store, i % 2 == 0 ? "even" : "odd", std::to_string(i));
  LogQuery query;
  query.filter.stream(id("even"));
  query.events_max = 2;
  const EventPage page = must(store->read(query));
  EXPECT_THAT(payloads(page), ElementsAre("0", "2"));
  EXPECT_TRUE(page.more);
  EXPECT_GE(page.scanned_to, Position{3});
  EXPECT_LT(page.scanned_to, Position{5}) << "the event at 5 was not delivered";
  EXPECT_THAT(payloads(read_log(*store, query)), ElementsAre("0", "2", "4", "6", "8"));
}

void filter_comes_before_limit(StoreFixture& fixture) {
  Subject store(fixture);
  for (int i = 0; i < 50; ++i) note(*store, "order-" + std::to_string(i));
  note(*store, "account-1");
  note(*store, "account-2");
  LogQuery query;
  query.filter.pattern(must(StreamPattern::parse("account-*")));
  query.events_max = 10;
  const std::vector<Seen> events = read_log(*store, query);
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].stream, "account-1");
  EXPECT_EQ(events[1].stream, "account-2");
}

void time_never_goes_back(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  const WriteResult first = note(*store, "a");
  EXPECT_EQ(first.time, clock.wall());
  clock.advance(seconds{5});
  const WriteResult second = note(*store, "a");
  EXPECT_EQ(second.time, first.time + seconds{5});
  clock.step_wall(-hours{1});
  const WriteResult third = note(*store, "b");
  EXPECT_GE(third.time, second.time) << "the wall clock stepped back";
  clock.advance(hours{2});
  EXPECT_EQ(note(*store, "a").time, clock.wall());

  const std::vector<Seen> log = read_log(*store);
  ASSERT_THAT(log, SizeIs(4));
  for (std::size_t i = 1; i < log.size(); ++i) EXPECT_GE(log[i].time, log[i - 1].time);
  EXPECT_EQ(log[0].time, first.time) << "stored as reported";
  EXPECT_EQ(log[2].time, third.time);
}

void batch_has_one_time(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch batch = batch_of({{"a", any(), {"1", "2"}}, {"b", any(), {"3"}}});
  const WriteResult written = must(store->append(batch));
  for (const Seen& event : read_log(*store)) EXPECT_EQ(event.time, written.time);
}

constexpr Clause kClauses[] = {
    {"LogIsInCommitOrder", log_is_in_commit_order},
    {"ResumptionIsExclusive", resumption_is_exclusive},
    {"UntilEndsTheRead", until_ends_the_read},
    {"ScanNeverPassesTheHead", scan_never_passes_the_head},
    {"EmptyLogReadsEmpty", empty_log_reads_empty},
    {"ScanAdvancesOverForeignEvents", scan_advances_over_foreign_events},
    {"CutPageSaysHowFarItGot", cut_page_says_how_far_it_got},
    {"FilterComesBeforeLimit", filter_comes_before_limit},
    {"TimeNeverGoesBack", time_never_goes_back},
    {"BatchHasOneTime", batch_has_one_time},
};

}  // namespace

std::span<const Clause> log_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
