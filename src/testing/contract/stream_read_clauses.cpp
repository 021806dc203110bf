#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void note_many(Subject& store, std::string_view stream, int count) {
  const std::uint64_t before = version_of(*store, stream).value;
  WriteBatch batch = batch_of({{stream, at(before), {}}});
  for (int i = 1; i <= count; ++i) {
    batch.add_event(0, "Noted", 1, std::string(stream) + std::to_string(i));
  }
  must(store->append(batch));
}

void unknown_stream_is_empty(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  const EventPage page = must(store->read(streams_query({"never-written"})));
  EXPECT_THAT(page.events, IsEmpty());
  EXPECT_FALSE(page.more);
  ASSERT_THAT(page.streams, SizeIs(1));
  EXPECT_EQ(page.streams[0].version, StreamVersion{0});
  EXPECT_TRUE(page.streams[0].complete);
  EXPECT_THAT(must(store->read_stream(id("never-written"))).events, IsEmpty());
}

void tail_read_skips_what_is_known(StoreFixture& fixture) {
  Subject store(fixture);
  note_many(store, "a", 3);
  StreamsQuery query = streams_query({"a"});
  query.streams[0].after = {2};
  const EventPage tail = must(store->read(query));
  EXPECT_THAT(payloads(tail), ElementsAre("a3"));
  EXPECT_EQ(tail.events[0].version, StreamVersion{3});
  EXPECT_EQ(tail.streams.at(0).version, StreamVersion{3});
  EXPECT_EQ(tail.streams.at(0).reached, StreamVersion{3});

  query.streams[0].after = {3};
  EXPECT_THAT(must(store->read(query)).events, IsEmpty());
  query.streams[0].after = {99};
  EXPECT_THAT(must(store->read(query)).events, IsEmpty()) << "ahead of the stream";
}

void range_is_open_at_both_ends(StoreFixture& fixture) {
  Subject store(fixture);
  note_many(store, "a", 6);
  StreamsQuery query = streams_query({"a"});
  query.streams[0].after = {2};
  query.streams[0].before = {5};
  const EventPage page = must(store->read(query));
  EXPECT_THAT(payloads(page), ElementsAre("a3", "a4"));
  EXPECT_FALSE(page.more) << "the range ended the page, not a limit";
  EXPECT_EQ(page.streams.at(0).version, StreamVersion{6});
  query.streams[0].before = {3};
  EXPECT_THAT(must(store->read(query)).events, IsEmpty());
}

void streams_come_in_query_order(StoreFixture& fixture) {
  Subject store(fixture);
  note_many(store, "b", 2);
  note_many(store, "a", 2);
  note_many(store, "b", 1);
  const EventPage page = must(store->read(streams_query({"a", "none", "b"})));
  EXPECT_THAT(payloads(page), ElementsAre("a1", "a2", "b1", "b2", "b1"));
  ASSERT_THAT(page.streams, SizeIs(3));
  EXPECT_EQ(page.streams[0].version, StreamVersion{2});
  EXPECT_EQ(page.streams[1].version, StreamVersion{0});
  EXPECT_EQ(page.streams[2].version, StreamVersion{3});
  EXPECT_EQ(page.at, store->head());
}

void backward_is_newest_first(StoreFixture& fixture) {
  Subject store(fixture);
  note_many(store, "a", 4);
  note_many(store, "b", 2);
  StreamsQuery query = streams_query({"a", "b"});
  query.order = ReadOrder::StreamBackward;
  EXPECT_THAT(payloads(must(store->read(query))), ElementsAre("a4", "a3", "a2", "a1", "b2", "b1"));
  query.events_max = 3;
  const EventPage page = must(store->read(query));
  EXPECT_THAT(payloads(page), ElementsAre("a4", "a3", "a2"));
  EXPECT_TRUE(page.more);
  EXPECT_FALSE(page.streams.at(0).complete);
  query.events_max = 10;
  query.streams[0].before = {3};
  query.streams[0].after = {1};
  EXPECT_THAT(payloads(must(store->read(query))), ElementsAre("a2", "b2", "b1"));
}

void log_order_merges_streams(StoreFixture& fixture) {
  Subject store(fixture);
  for (const char* stream : {"b", "a", "other", "a", "b", "c", "a"}) {
    note(*store, stream, std::string(stream) + "-event");
  }
  StreamsQuery query = streams_query({"a", "b", "none"});
  query.order = ReadOrder::Log;
  const EventPage page = must(store->read(query));
  EXPECT_THAT(positions(page), ElementsAre(1, 2, 4, 5, 7));
  EXPECT_EQ(page.streams.at(0).version, StreamVersion{3});
  EXPECT_EQ(page.streams.at(1).version, StreamVersion{2});
  query.events_max = 3;
  const EventPage cut = must(store->read(query));
  EXPECT_THAT(positions(cut), ElementsAre(1, 2, 4));
  EXPECT_TRUE(cut.more);
  query.events_max = 10;
  query.streams[0].after = {1};
  EXPECT_THAT(positions(must(store->read(query))), ElementsAre(1, 4, 5, 7));
}

void read_stream_starts_where_told(StoreFixture& fixture) {
  using Direction = ReadOptions::Direction;
  Subject store(fixture);
  note_many(store, "a", 5);
  const StreamId a = id("a");
  EXPECT_THAT(payloads(must(store->read_stream(a))), ElementsAre("a1", "a2", "a3", "a4", "a5"));
  EXPECT_THAT(payloads(must(store->read_stream(a, {.from_version = StreamVersion{4}}))),
              ElementsAre("a4", "a5"));
  EXPECT_THAT(payloads(must(store->read_stream(a, {.limit = 2}))), ElementsAre("a1", "a2"));
  EXPECT_THAT(payloads(must(store->read_stream(a, {.limit = 2, .direction = Direction::Backward}))),
              ElementsAre("a5", "a4"));
  EXPECT_THAT(payloads(must(store->read_stream(
                  a, {.from_version = StreamVersion{3}, .direction = Direction::Backward}))),
              ElementsAre("a3", "a2", "a1"));
}

void older_position_is_repeatable(StoreFixture& fixture) {
  Subject store(fixture);
  note_many(store, "a", 2);
  note_many(store, "b", 1);
  const Position before = store->head();
  note_many(store, "a", 2);
  note_many(store, "c", 1);

  StreamsQuery query = streams_query({"a", "b", "c"});
  query.at = before;
  for (const ReadOrder order : {ReadOrder::StreamForward, ReadOrder::Log}) {
    query.order = order;
    const EventPage page = must(store->read(query));
    EXPECT_THAT(payloads(page), ElementsAre("a1", "a2", "b1"));
    EXPECT_EQ(page.at, before);
    EXPECT_EQ(page.streams.at(0).version, StreamVersion{2});
    EXPECT_EQ(page.streams.at(2).version, StreamVersion{0});
    EXPECT_FALSE(page.more);
  }
  query.order = ReadOrder::StreamBackward;
  EXPECT_THAT(payloads(must(store->read(query))), ElementsAre("a2", "a1", "b1"));
  query.at = Position{1};
  const EventPage inside = must(store->read(query));
  EXPECT_THAT(payloads(inside), ElementsAre("a1"));
  EXPECT_EQ(inside.streams.at(0).version, StreamVersion{1});
  query.at = Position{0};
  EXPECT_THAT(must(store->read(query)).events, IsEmpty()) << "before the first event";
}

void page_outlives_later_appends(StoreFixture& fixture) {
  Subject store(fixture);
  note_many(store, "a", 10);
  const EventPage page = must(store->read(streams_query({"a"})));
  const std::vector<Seen> before = copy(page);
  const std::string big(200'000, 'x');
  for (int i = 0; i < 50; ++i) note(*store, "a" + std::to_string(i), big);
  EXPECT_EQ(copy(page), before);
}

void undrained_page_blocks_nobody(StoreFixture& fixture) {
  Subject store(fixture);
  note_many(store, "a", 200);
  StreamsQuery query = streams_query({"a"});
  query.events_max = 1;
  std::vector<EventPage> held;
  for (int i = 0; i < 100; ++i) held.push_back(must(store->read(query)));
  EXPECT_EQ(note(*store, "a").first, Position{201});
  EXPECT_TRUE(held.front().more);
}

constexpr Clause kClauses[] = {
    {"UnknownStreamIsEmpty", unknown_stream_is_empty},
    {"TailReadSkipsWhatIsKnown", tail_read_skips_what_is_known},
    {"RangeIsOpenAtBothEnds", range_is_open_at_both_ends},
    {"StreamsComeInQueryOrder", streams_come_in_query_order},
    {"BackwardIsNewestFirst", backward_is_newest_first},
    {"LogOrderMergesStreams", log_order_merges_streams},
    {"ReadStreamStartsWhereTold", read_stream_starts_where_told},
    {"OlderPositionIsRepeatable", older_position_is_repeatable},
    {"PageOutlivesLaterAppends", page_outlives_later_appends},
    {"UndrainedPageBlocksNobody", undrained_page_blocks_nobody},
};

}  // namespace

std::span<const Clause> stream_read_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
