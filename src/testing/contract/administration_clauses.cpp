#include <gmock/gmock.h>

#include <algorithm>

#include "clause.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> names(const std::vector<StreamSummary>& streams) {
  std::vector<std::string> all;
  for (const StreamSummary& summary : streams) all.push_back(summary.stream.text());
  return all;
}

void streams_are_listed_in_byte_order(StoreFixture& fixture) {
  Subject store(fixture);
  std::vector<std::string> ids = {"b",  "a-10", "a-2", "a", "A",  "\xC3\xA9",
                                  "a_", "~",    "a b", "Z", "aa", "\xF0\x9F\x9A\x80"};
  for (const std::string& text : ids) note(*store, text);
  note(*store, "b");
  std::sort(ids.begin(), ids.end());
  const std::vector<StreamSummary> all = must(store->administration().list_streams({}));
  EXPECT_EQ(names(all), ids);
  for (const StreamSummary& summary : all) {
    const bool twice = summary.stream.text() == "b";
    EXPECT_EQ(summary.version, StreamVersion{twice ? 2U : 1U}) << summary.stream.text();
    if (twice) {
      EXPECT_EQ(summary.last, store->head());
    }
  }
}

void stream_list_is_paged(StoreFixture& fixture) {
  Subject store(fixture);
  std::vector<std::string> expected;
  for (int i = 10; i < 35; ++i) {
    expected.push_back("s-" + std::to_string(i));
    note(*store, expected.back());
  }
  for (const std::size_t limit : {1U, 7U, 24U, 25U, 26U}) {
    std::vector<std::string> seen;
    StreamListQuery query;
    query.limit = limit;
    for (;;) {
      const std::vector<StreamSummary> page = must(store->administration().list_streams(query));
      ASSERT_LE(page.size(), limit);
      for (const std::string& name : names(page)) seen.push_back(name);
      if (page.size() < limit) break;
      query.after = page.back().stream.text();
    }
    EXPECT_EQ(seen, expected) << "pages of " << limit;
  }
}

void stream_list_is_filtered(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* text : {"cart_1", "cartX1", "order-1", "order-2", "cart_2"}) note(*store, text);
  StreamListQuery query;
  query.filter.prefix(must(StreamPrefix::parse("cart_")));
  EXPECT_THAT(names(must(store->administration().list_streams(query))),
              ElementsAre("cart_1", "cart_2"));
  query.limit = 1;
  EXPECT_THAT(names(must(store->administration().list_streams(query))), ElementsAre("cart_1"));
  query.after = "cart_1";
  EXPECT_THAT(names(must(store->administration().list_streams(query))), ElementsAre("cart_2"))
      << "the filter comes before the limit";
}

void statistics_add_up(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  const StoreStats empty = must(store->administration().stats());
  EXPECT_EQ(empty.events, 0U);
  EXPECT_EQ(empty.streams, 0U);
  EXPECT_EQ(empty.head, Position{0});
  EXPECT_FALSE(empty.first_event.has_value());
  EXPECT_FALSE(empty.last_backup.has_value());

  const Timestamp first = note(*store, "a", "1", "Opened").time;
  clock.advance(std::chrono::seconds{10});
  note(*store, "b", "2", "Moved");
  WriteBatch check = batch_of({{"only-checked", at(0)}});
  must(store->append(check));
  const Timestamp last = note(*store, "a", "3", "Opened").time;
  const StoreStats stats = must(store->administration().stats());
  EXPECT_EQ(stats.events, 3U);
  EXPECT_EQ(stats.streams, 2U);
  EXPECT_EQ(stats.event_types, 2U);
  EXPECT_GT(stats.size_bytes, 0U);
  EXPECT_EQ(stats.head, Position{3});
  EXPECT_EQ(stats.first_event, first);
  EXPECT_EQ(stats.last_event, last);
}

void figures_agree_with_statistics(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  const StoreFigures empty = store->administration().figures();
  EXPECT_EQ(empty.events, 0U);
  EXPECT_EQ(empty.streams, 0U);
  EXPECT_FALSE(empty.last_append.has_value());

  note(*store, "a");
  clock.advance(std::chrono::seconds{10});
  note(*store, "b");
  WriteBatch check = batch_of({{"only-checked", at(0)}});
  must(store->append(check));
  const StoreStats stats = must(store->administration().stats());
  const StoreFigures figures = store->administration().figures();
  EXPECT_EQ(figures.events, stats.events);
  EXPECT_EQ(figures.streams, stats.streams);
  EXPECT_EQ(figures.last_append, stats.last_event);
  const StoreSpace space = store->administration().space();
  EXPECT_EQ(space.size_bytes, stats.size_bytes);
  EXPECT_EQ(space.disk_size_bytes.has_value(), space.disk_free_bytes.has_value());
  EXPECT_LE(space.disk_free_bytes.value_or(0), space.disk_size_bytes.value_or(0));
  for (const PoolFigures& pool : figures.pools) {
    EXPECT_FALSE(pool.name.empty());
    EXPECT_LE(pool.in_use, pool.size) << pool.name;
    EXPECT_LE(pool.size, pool.size_max) << pool.name;
  }
}

void schema_is_the_known_one(StoreFixture& fixture) {
  Subject store(fixture);
  const SchemaVersion version = must(store->administration().schema_version());
  EXPECT_EQ(version.stored, version.known);
}

void care_is_remembered(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  StoreAdministration& administration = store->administration();
  note(*store, "a");
  EXPECT_EQ(must(administration.care()), StoreCare{});
  StoreCare expected;
  expected.backup.last_success = {.time = clock.wall(), .position = {1}, .size_bytes = 4'096};
  must(administration.record_care(CareTask::Backup, *expected.backup.last_success));
  EXPECT_EQ(must(administration.stats()).last_backup, clock.wall());

  clock.advance(std::chrono::hours{1});
  expected.backup.last_failure = clock.wall();
  must(administration.record_care(CareTask::Backup, {.time = clock.wall(), .succeeded = false}));
  expected.restore.last_success = {.time = clock.wall(), .position = {1}};
  must(administration.record_care(CareTask::Restore, *expected.restore.last_success));
  expected.verify.last_success = {.time = clock.wall(), .position = {1}, .findings = 3};
  must(administration.record_care(CareTask::Verify, *expected.verify.last_success));
  EXPECT_EQ(must(administration.care()), expected);
  EXPECT_TRUE(expected.backup.is_failing());

  clock.advance(std::chrono::hours{1});
  expected.backup.last_success = {.time = clock.wall(), .position = {1}, .size_bytes = 5'000};
  must(administration.record_care(CareTask::Backup, *expected.backup.last_success));
  EXPECT_EQ(must(administration.care()), expected);
  EXPECT_EQ(must(administration.stats()).last_backup, clock.wall());
  EXPECT_FALSE(expected.backup.is_failing());
}

void healthy_store_verifies_clean(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_EQ(must(store->administration().verify(nullptr)).findings_total, 0U) << "an empty store";
  for (int i = 0; i < 300; ++i) {
    const std::string stream = "s-" + std::to_string(i % 20);
    WriteBatch batch = keyed_batch(i % 4 == 0 ? "k" + std::to_string(i) : "",
                                   {{"hot", any(), {"1"}}, {stream, any(), {"{}", ""}}});
    must(store->append(batch));
    WriteBatch stale = batch_of({{"hot", at(0), {"x"}}});
    ASSERT_THAT(store->append(stale), HasError(ErrorCode::VersionConflict));
  }
  const VerifyReport report = must(store->administration().verify(nullptr));
  for (const Finding& finding : report.findings) {
    ADD_FAILURE() << finding.check << " at " << finding.position.value << ": " << finding.message;
  }
  EXPECT_EQ(report.findings_total, 0U);
  EXPECT_EQ(report.events, 900U);
  EXPECT_EQ(report.batches, 300U);
  EXPECT_EQ(report.streams, 21U);
  must(store->administration().check_batches({0}, store->head()));
  must(store->administration().check_batches({300}, {600}));
}

void verify_can_be_stopped(StoreFixture& fixture) {
  Subject store(fixture);
  for (int i = 0; i < 10; ++i) note(*store, "a");
  int calls = 0;
  const Result<VerifyReport> stopped =
      store->administration().verify([&](std::uint64_t, std::uint64_t) {
        ++calls;
        return false;
      });
  EXPECT_THAT(stopped, HasError(ErrorCode::Cancelled));
  EXPECT_EQ(calls, 1);
  std::uint64_t last_done = 0;
  std::uint64_t last_total = 0;
  must(store->administration().verify([&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last_done);
    EXPECT_LE(done, total);
    last_done = done;
    last_total = total;
    return true;
  }));
  EXPECT_GT(last_total, 0U);
  EXPECT_EQ(last_done, last_total) << "the last call says that all is done";
}

void import_keeps_position_and_time(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  const Timestamp earlier = clock.wall() - std::chrono::hours{48};
  WriteBatch first = keyed_batch("k", {{"a", any(), {"1", "2"}}, {"b", any(), {"3"}}});
  const Uuid id = first.info.id;
  ASSERT_THAT(store->administration().import_batch(first, {1}, earlier), IsOk());
  WriteBatch second = batch_of({{"a", any(), {"4"}}});
  ASSERT_THAT(store->administration().import_batch(second, {4}, earlier), IsOk());

  EXPECT_EQ(store->head(), Position{4});
  const std::vector<Seen> log = read_log(*store);
  EXPECT_THAT(payloads(log), ElementsAre("1", "2", "3", "4"));
  for (const Seen& event : log) EXPECT_EQ(event.time, earlier);
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{3});
  LogQuery query;
  query.with_batch = true;
  const EventPage page = must(store->read(query));
  ASSERT_NE(page.events.at(0).batch, nullptr);
  EXPECT_EQ(page.events.at(0).batch->id, id);

  WriteBatch again = keyed_batch("k", {{"a", at(0), {"1"}}});
  const WriteResult replay = must(store->append(again));
  EXPECT_TRUE(replay.replayed) << "keys are restored too";
  EXPECT_EQ(replay.first, Position{1});
  EXPECT_EQ(note(*store, "c").first, Position{5}) << "the store goes on from there";
  EXPECT_EQ(must(store->administration().verify(nullptr)).findings_total, 0U);
}

void import_leaves_no_gap(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  const Timestamp time = system_clock().wall();
  for (const std::uint64_t first : {0U, 1U, 3U}) {
    WriteBatch batch = batch_of({{"b", any(), {"x"}}});
    EXPECT_THAT(store->administration().import_batch(batch, {first}, time),
                HasError(ErrorCode::VersionConflict))
        << "at " << first;
  }
  EXPECT_THAT(read_log(*store), SizeIs(1));
  EXPECT_THAT(read_all(*store, "b"), IsEmpty());
}

void store_describes_itself(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_NE(store->description().backend, "");
  EXPECT_NE(store->description().durability, "");
  EXPECT_EQ(store->description().location.rfind(store->description().backend + ":", 0), 0U)
      << store->description().location;
}

constexpr Clause kClauses[] = {
    {"StreamsAreListedInByteOrder", streams_are_listed_in_byte_order},
    {"StreamListIsPaged", stream_list_is_paged},
    {"StreamListIsFiltered", stream_list_is_filtered},
    {"StatisticsAddUp", statistics_add_up},
    {"FiguresAgreeWithTheStatistics", figures_agree_with_statistics},
    {"SchemaIsTheKnownOne", schema_is_the_known_one},
    {"CareIsRemembered", care_is_remembered},
    {"HealthyStoreVerifiesClean", healthy_store_verifies_clean},
    {"VerifyCanBeStopped", verify_can_be_stopped},
    {"ImportKeepsPositionAndTime", import_keeps_position_and_time},
    {"ImportLeavesNoGap", import_leaves_no_gap},
    {"StoreDescribesItself", store_describes_itself},
};

}  // namespace

std::span<const Clause> administration_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
