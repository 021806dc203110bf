#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void appended_event_is_read(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch batch = batch_of({{"order-1", at(0), {"{\"n\":1}"}}});
  const Result<WriteResult> written = store->append(batch);
  ASSERT_THAT(written, IsOk());

  const std::vector<Seen> events = read_all(*store, "order-1");
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].stream, "order-1");
  EXPECT_EQ(events[0].type, "Noted");
  EXPECT_EQ(events[0].payload, "{\"n\":1}");
  EXPECT_EQ(events[0].version, StreamVersion{1});
  EXPECT_EQ(events[0].position, written->first);
  EXPECT_EQ(events[0].time, written->time);
}

void result_spans_the_batch(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "other");
  WriteBatch batch = batch_of({{"a", at(0), {"1", "2"}}, {"b", at(0), {"3"}}});
  const WriteResult written = must(store->append(batch));
  EXPECT_EQ(written.first, Position{2});
  EXPECT_EQ(written.last, Position{4});
  EXPECT_FALSE(written.replayed);
}

void reports_versions_before(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  note(*store, "a");
  note(*store, "checked");
  WriteBatch batch =
      batch_of({{"a", any(), {"3"}}, {"new", any(), {"1", "2"}}, {"checked", at(1)}});
  ASSERT_THAT(store->append(batch), IsOk());
  EXPECT_EQ(batch.streams()[0].version_before, StreamVersion{2});
  EXPECT_EQ(batch.streams()[1].version_before, StreamVersion{0});
  EXPECT_EQ(batch.streams()[2].version_before, StreamVersion{1});
}

void appends_all_streams_or_none(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "left");
  note(*store, "right");
  const Position head = store->head();
  WriteBatch batch = batch_of({{"left", at(0), {"l"}}, {"right", at(1), {"r"}}});
  EXPECT_THAT(store->append(batch), HasError(ErrorCode::VersionConflict));
  EXPECT_EQ(version_of(*store, "left"), StreamVersion{1});
  EXPECT_EQ(version_of(*store, "right"), StreamVersion{1});
  EXPECT_EQ(store->head(), head);

  WriteBatch late = batch_of({{"right", at(1), {"r"}}, {"left", at(0), {"l"}}});
  EXPECT_THAT(store->append(late), HasError(ErrorCode::VersionConflict));
  EXPECT_EQ(version_of(*store, "right"), StreamVersion{1});
  EXPECT_THAT(read_log(*store), SizeIs(2));
}

void keeps_streams_apart(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch batch = batch_of({{"a", at(0), {"for a"}}, {"b", at(0), {"for b"}}});
  ASSERT_THAT(store->append(batch), IsOk());
  const std::vector<Seen> a = read_all(*store, "a");
  const std::vector<Seen> b = read_all(*store, "b");
  ASSERT_THAT(a, SizeIs(1));
  ASSERT_THAT(b, SizeIs(1));
  EXPECT_EQ(a[0].stream, "a");
  EXPECT_EQ(a[0].payload, "for a");
  EXPECT_EQ(b[0].stream, "b");
  EXPECT_EQ(b[0].payload, "for b");
}

void keeps_order_inside_a_batch(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch batch = batch_of({});
  const std::uint32_t a = batch.add_stream(id("a"), at(0));
  const std::uint32_t b = batch.add_stream(id("b"), at(0));
  for (const std::uint32_t stream : {a, b, b, a, b, a}) {
    batch.add_event(stream, "Noted", 1, std::to_string(batch.event_count()));
  }
  ASSERT_THAT(store->append(batch), IsOk());

  const std::vector<Seen> log = read_log(*store);
  EXPECT_THAT(payloads(log), ElementsAre("0", "1", "2", "3", "4", "5"));
  EXPECT_THAT(payloads(read_all(*store, "a")), ElementsAre("0", "3", "5"));
  EXPECT_THAT(payloads(read_all(*store, "b")), ElementsAre("1", "2", "4"));
  const std::vector<std::uint64_t> versions = {1, 1, 2, 2, 3, 3};
  for (std::size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ(log[i].ordinal, i);
    EXPECT_EQ(log[i].version.value, versions[i]) << "event " << i;
  }
}

void mixes_types_and_schemas_in_a_batch(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch batch = batch_of({});
  const std::uint32_t stream = batch.add_stream(id("a"), at(0));
  batch.add_event(stream, "Opened", 1, "{}");
  batch.add_event(stream, "Moved", 7, "[]");
  batch.add_event(stream, "Opened", 2, "null");
  ASSERT_THAT(store->append(batch), IsOk());

  const std::vector<Seen> events = read_all(*store, "a");
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(events[0].type, "Opened");
  EXPECT_EQ(events[1].type, "Moved");
  EXPECT_EQ(events[0].schema_version, 1U);
  EXPECT_EQ(events[1].schema_version, 7U);
  EXPECT_EQ(events[2].schema_version, 2U);
  EXPECT_EQ(events[0].type_number, events[2].type_number);
  EXPECT_NE(events[0].type_number, events[1].type_number);
}

void large_batch_stays_whole(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  std::vector<std::string> many(2'500);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = std::to_string(i);
  WriteBatch batch = batch_of({{"a", at(1), many}, {"b", at(0), many}});
  const WriteResult written = must(store->append(batch));
  EXPECT_EQ(written.last - written.first + 1, 5'000U);
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{2'501});
  EXPECT_EQ(payloads(read_all(*store, "b")), many);
}

void rejected_batch_leaves_no_trace(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  WriteBatch batch = batch_of({{"new", at(0), {"n"}}, {"a", at(7), {"x"}}});
  ASSERT_THAT(store->append(batch), HasError(ErrorCode::VersionConflict));
  EXPECT_THAT(read_all(*store, "new"), IsEmpty());
  EXPECT_EQ(note(*store, "new").first, Position{2}) << "a rejected batch used up positions";
  EXPECT_EQ(version_of(*store, "new"), StreamVersion{1});
}

void written_is_read_at_once(StoreFixture& fixture) {
  Subject store(fixture);
  for (std::uint64_t n = 1; n <= 20; ++n) {
    const WriteResult written = note(*store, "a");
    ASSERT_GE(store->head(), written.last);
    ASSERT_EQ(version_of(*store, "a"), StreamVersion{n});
    ASSERT_THAT(read_log(*store), SizeIs(n));
  }
}

void write_events_makes_one_batch(StoreFixture& fixture) {
  Subject store(fixture);
  Headers headers;
  headers.set("tenant", std::string("north"));
  const std::vector<EventToWrite> events = {
      {.stream = id("a"), .type = "Opened", .payload = "1", .expected = at(0)},
      {.stream = id("b"), .type = "Opened", .payload = "2", .schema_version = 3},
      {.stream = id("a"), .type = "Moved", .payload = "3", .headers = headers}};
  const Result<WriteResult> written = store->write_events(events);
  ASSERT_THAT(written, IsOk());
  EXPECT_EQ(written->last, Position{3});
  EXPECT_THAT(store->write_events(events), HasError(ErrorCode::VersionConflict));

  LogQuery query;
  query.with_batch = true;
  const EventPage page = must(store->read(query));
  EXPECT_THAT(payloads(page), ElementsAre("1", "2", "3"));
  EXPECT_EQ(page.events[1].schema_version, 3U);
  EXPECT_EQ(must(Headers::decode(page.events[2].headers)), headers);
  ASSERT_NE(page.events[0].batch, nullptr);
  EXPECT_FALSE(page.events[0].batch->id.is_nil());
  EXPECT_EQ(page.events[0].batch->events, 3U);
}

void positions_are_dense(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_EQ(store->head(), Position{0});
  for (int i = 0; i < 5; ++i) {
    WriteBatch batch = batch_of({{"a", any(), {"1", "2"}}, {"b", any(), {"3"}}});
    must(store->append(batch));
    WriteBatch stale = batch_of({{"a", at(0), {"lost"}}});
    EXPECT_THAT(store->append(stale), HasError(ErrorCode::VersionConflict));
  }
  const std::vector<Seen> log = read_log(*store);
  ASSERT_THAT(log, SizeIs(15));
  for (std::size_t i = 0; i < log.size(); ++i) EXPECT_EQ(log[i].position.value, i + 1);
  EXPECT_EQ(store->head(), Position{15});
}

constexpr Clause kClauses[] = {
    {"AppendedEventIsRead", appended_event_is_read},
    {"ResultSpansTheBatch", result_spans_the_batch},
    {"ReportsVersionsBefore", reports_versions_before},
    {"AppendsAllStreamsOrNone", appends_all_streams_or_none},
    {"KeepsStreamsApart", keeps_streams_apart},
    {"KeepsOrderInsideABatch", keeps_order_inside_a_batch},
    {"MixesTypesAndSchemasInABatch", mixes_types_and_schemas_in_a_batch},
    {"LargeBatchStaysWhole", large_batch_stays_whole},
    {"RejectedBatchLeavesNoTrace", rejected_batch_leaves_no_trace},
    {"WrittenIsReadAtOnce", written_is_read_at_once},
    {"WriteEventsMakesOneBatch", write_events_makes_one_batch},
    {"PositionsAreDense", positions_are_dense},
};

}  // namespace

std::span<const Clause> append_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
