// Heads: written late, bounded in memory, right all the same.

#include "head_sweep.hpp"
#include "log_file.hpp"
#include "schema.hpp"
#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

using SqliteHeads = SqliteFile;

// `count` events on `streams` streams in turn, in large batches.
void append_many(EventStore& store, int count, int streams) {
  for (int done = 0; done < count;) {
    WriteBatch batch;
    for (int i = 0; i < 1'000 && done < count; ++i, ++done) {
      const StreamId stream = StreamId::parse("s-" + std::to_string(done % streams)).value();
      const auto known = batch.find_stream(stream.view());
      batch.add_event(known ? *known : batch.add_stream(stream, ExpectedVersion::any()), "Noted", 1,
                      "{}");
    }
    const auto result = store.append(batch);
    ASSERT_TRUE(result) << describe(result.error());
  }
}

// `count` events on one stream, in large batches.
void append_to(EventStore& store, std::string_view stream, int count) {
  for (int done = 0; done < count;) {
    WriteBatch batch;
    batch.add_stream(StreamId::parse(stream).value(), ExpectedVersion::any());
    for (int i = 0; i < 10'000 && done < count; ++i, ++done) batch.add_event(0, "Noted", 1, "{}");
    const auto result = store.append(batch);
    ASSERT_TRUE(result) << describe(result.error());
  }
}

TEST_F(SqliteHeads, TheTailIsReadWhenTheStoreIsOpened) {
  {
    const auto store = open();
    append_many(*store, 1'000, 10);
  }
  EXPECT_EQ(number("SELECT count(*) FROM heads WHERE stream > 0"), 0) << "too few to be written";
  const auto store = open();
  EXPECT_EQ(store->head(), Position{1'000});
  EXPECT_EQ(version_of(*store, "s-3"), 100U);
  EXPECT_TRUE(append(*store, "s-3", ExpectedVersion::exactly({100})));
  EXPECT_FALSE(append(*store, "s-3", ExpectedVersion::exactly({100})));
  expect_clean(*store);
}

TEST_F(SqliteHeads, TheTableIsNeverFurtherBehindThanPromised) {
  const int events = 250'000;
  {
    const auto store = open();
    append_many(*store, events, 500);
    expect_clean(*store);
  }
  const std::int64_t complete_to = number("SELECT position FROM heads WHERE stream = 0");
  EXPECT_GT(complete_to, events - static_cast<std::int64_t>(kHeadsBehindMax));
  EXPECT_EQ(number("SELECT count(*) FROM heads WHERE stream > 0"), 500);
  EXPECT_EQ(number("SELECT count(*) FROM heads h JOIN events e USING (position)"
                   " WHERE h.stream > 0 AND e.stream = h.stream AND e.version = h.version"),
            500);
  const auto store = open();
  EXPECT_EQ(version_of(*store, "s-7"), 500U);
}

TEST_F(SqliteHeads, ABoundedTableStillKnowsEveryStream) {
  SqliteStoreOptions few = options();
  few.heads_cached_max = 100;
  {
    const auto store = open(few);
    append_many(*store, 120'000, 3'000);
    for (const char* stream : {"s-0", "s-1500", "s-2999"}) {
      EXPECT_EQ(version_of(*store, stream), 40U) << stream;
      EXPECT_FALSE(append(*store, stream, ExpectedVersion::no_stream())) << stream;
      EXPECT_TRUE(append(*store, stream, ExpectedVersion::exactly({40}))) << stream;
    }
    EXPECT_TRUE(append(*store, "new", ExpectedVersion::no_stream()));
    expect_clean(*store);
  }
  const auto store = open(few);
  EXPECT_EQ(version_of(*store, "s-0"), 41U);
  EXPECT_EQ(version_of(*store, "s-10"), 40U);
  EXPECT_EQ(version_of(*store, "never"), 0U);
}

// A store's head that comes from a row which is newer than the store's own last sweep.
TEST_F(SqliteHeads, AHeadWrittenByAnotherStoreIsInTheNextSweep) {
  {
    const auto one = open();
    const auto two = open();
    append_to(*two, "account", 40'002);  // a sweep writes the head of then
    append_to(*two, "account", 10);
    append_to(*one, "other", 1);
    ASSERT_TRUE(two->close({}));
    append_to(*one, "other", 40'001);
    append_to(*one, "other", 1);
    append_to(*one, "other", 1);
    expect_clean(*one);
  }
  const auto store = open();
  EXPECT_EQ(version_of(*store, "account"), 40'012U);
  EXPECT_TRUE(append(*store, "account", ExpectedVersion::exactly({40'012})));
  expect_clean(*store);
}

TEST_F(SqliteHeads, AHeadOfAnUnfinishedSweepIsInTheNextOne) {
  SqliteStoreOptions few = options();
  few.heads_cached_max = 1;
  {
    const auto store = open(few);
    append_to(*store, "old", 1);
    for (int i = 0; i < 8; ++i) {
      append_to(*store, "s", 9'998);
      append_to(*store, "old", 1);
    }
  }
  {
    const auto store = open(few);
    append_to(*store, "old", 5);
    append_to(*store, "new", 80'001);
    append_to(*store, "new", 1);
    append_to(*store, "new", 1);
    expect_clean(*store);
  }
  const auto store = open(few);
  EXPECT_EQ(version_of(*store, "old"), 14U);
  EXPECT_TRUE(append(*store, "old", ExpectedVersion::exactly({14})));
  expect_clean(*store);
}

// The sum of all heads gives a stale one away, whether it is in memory or only in the file.
TEST_F(SqliteHeads, StaleHeadsAreFoundAndNotTrusted) {
  {
    const auto store = open();
    append_to(*store, "quiet", 10);
    append_to(*store, "other", 90'000);
  }
  ASSERT_EQ(number("SELECT version FROM heads WHERE stream = 1"), 10);
  ASSERT_EQ(run_sql("UPDATE heads SET version = 5, position = 5 WHERE stream = 1"), "");
  SqliteStoreOptions few = options();
  few.heads_cached_max = 1;
  SqliteStoreOptions read_only = options();
  read_only.read_only = true;
  for (const SqliteStoreOptions& how : {options(), few, read_only}) {
    const auto store = open(how);
    EXPECT_EQ(version_of(*store, "quiet"), 10U);
    const auto report = store->administration().verify({});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->findings.at(0).check, "heads");
    EXPECT_EQ(report->findings.at(0).position, Position{5});
  }
  {
    const auto store = open(few);
    EXPECT_TRUE(append(*store, "quiet", ExpectedVersion::exactly({10})));
    append_to(*store, "other", 40'000);
    append_to(*store, "other", 40'000);
    expect_clean(*store);
  }
  EXPECT_EQ(number("SELECT version FROM heads WHERE stream = 1"), 11) << "a sweep mends the table";
}

// Neither checks of unknown streams nor another store's events make memory grow for ever.
TEST_F(SqliteHeads, AStoreThatDoesNotWriteKeepsFewHeads) {
  SqliteStoreOptions few = options();
  few.heads_cached_max = 100;
  StoreState state(few);
  ASSERT_TRUE(prepare_file(few, state.turn));
  LogFile file(state);
  ASSERT_TRUE(file.connect());
  ASSERT_TRUE(file.load());
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(file.find_stream(StreamId::parse("unknown-" + std::to_string(i)).value()));
  }
  ASSERT_TRUE(state.heads.is_full());
  file.trim_heads();
  EXPECT_FALSE(state.heads.is_full());
  {
    const auto other = open();
    append_many(*other, 3'000, 3'000);
    append_to(*other, "a", 120'000);
  }
  ASSERT_TRUE(file.catch_up_alone());
  ASSERT_TRUE(state.heads.is_full());
  file.trim_heads();
  EXPECT_FALSE(state.heads.is_full()) << "the other store's sweep counts";
  EXPECT_FALSE(state.heads.lookup("s-1", hash_name("s-1")).has_value());
  const auto slot = file.find_stream(StreamId::literal("s-1"));
  ASSERT_TRUE(slot);
  EXPECT_EQ(state.heads.current(*slot).version, 1U);
}

TEST_F(SqliteHeads, LongStreamsAreReadFromAnyVersion) {
  const auto store = open();
  append_many(*store, 4'000, 2);
  const StreamId stream = StreamId::literal("s-1");
  for (const std::uint64_t from : {1U, 2U, 255U, 256U, 257U, 511U, 512U, 513U, 1'999U, 2'000U}) {
    const auto page = store->read_stream(stream, {.from_version = StreamVersion{from}, .limit = 3});
    ASSERT_TRUE(page) << describe(page.error());
    ASSERT_FALSE(page->events.empty()) << from;
    for (std::size_t i = 0; i < page->events.size(); ++i) {
      EXPECT_EQ(page->events[i].version.value, from + i);
      EXPECT_EQ(page->events[i].position.value, (from + i) * 2);
    }
  }
}

TEST_F(SqliteHeads, AnEarlierPositionShowsTheStreamOfThen) {
  const auto store = open();
  append_many(*store, 4'000, 2);
  for (const std::uint64_t at :
       {0U, 1U, 2U, 3U, 510U, 511U, 512U, 1'024U, 1'026U, 3'999U, 4'000U}) {
    StreamsQuery query;
    query.streams.push_back({.stream = StreamId::literal("s-1")});
    query.at = Position{at};
    query.order = ReadOrder::StreamBackward;
    query.events_max = 1;
    const auto page = store->read(query);
    ASSERT_TRUE(page) << describe(page.error());
    EXPECT_EQ(page->streams.at(0).version.value, at / 2) << at;
    if (at >= 2) {
      EXPECT_EQ(page->events.at(0).position.value, at / 2 * 2) << at;
    }
  }
}

}  // namespace
}  // namespace eventcore::sqlite
