#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void append_numbers(Subject& store, int count) {
  WriteBatch batch = batch_of({{"a", at(0), {}}});
  for (int i = 1; i <= count; ++i) batch.add_event(0, "Noted", 1, std::to_string(i));
  must(store->append(batch));
}

void limit_takes_the_first(StoreFixture& fixture) {
  Subject store(fixture);
  append_numbers(store, 20);
  LogQuery query;
  query.events_max = 10;
  const EventPage page = must(store->read(query));
  EXPECT_THAT(positions(page), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.scanned_to, Position{10});
  query.events_max = 1;
  EXPECT_THAT(positions(must(store->read(query))), ElementsAre(1));
}

void limit_zero_reads_no_events(StoreFixture& fixture) {
  Subject store(fixture);
  append_numbers(store, 3);
  StreamsQuery streams = streams_query({"a", "none"});
  streams.events_max = 0;
  const EventPage heads = must(store->read(streams));
  EXPECT_THAT(heads.events, IsEmpty());
  EXPECT_TRUE(heads.more);
  ASSERT_THAT(heads.streams, SizeIs(2));
  EXPECT_EQ(heads.streams[0].version, StreamVersion{3});
  EXPECT_EQ(heads.streams[0].reached, StreamVersion{0});
  EXPECT_FALSE(heads.streams[0].complete);
  EXPECT_EQ(heads.streams[1].version, StreamVersion{0});

  LogQuery log;
  log.events_max = 0;
  const EventPage page = must(store->read(log));
  EXPECT_THAT(page.events, IsEmpty());
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.scanned_to, Position{0}) << "nothing was delivered, all of it matches";
}

void pages_join_without_seam(StoreFixture& fixture) {
  Subject store(fixture);
  append_numbers(store, 30);
  for (const std::size_t page_size : {1U, 7U, 10U, 15U, 29U, 30U, 31U}) {
    LogQuery query;
    query.events_max = page_size;
    std::uint64_t expected = 0;
    for (const Seen& event : read_log(*store, query)) {
      EXPECT_EQ(event.position.value, ++expected) << "pages of " << page_size;
    }
    EXPECT_EQ(expected, 30U) << "pages of " << page_size;
  }
}

void full_last_page_is_the_last(StoreFixture& fixture) {
  Subject store(fixture);
  append_numbers(store, 10);
  LogQuery log;
  log.events_max = 10;
  const EventPage page = must(store->read(log));
  EXPECT_THAT(page.events, SizeIs(10));
  EXPECT_FALSE(page.more) << "nothing follows";
  EXPECT_EQ(page.scanned_to, Position{10});
  StreamsQuery streams = streams_query({"a"});
  streams.events_max = 10;
  const EventPage of_stream = must(store->read(streams));
  EXPECT_FALSE(of_stream.more);
  EXPECT_TRUE(of_stream.streams.at(0).complete);
}

void stream_pages_say_how_far_they_got(StoreFixture& fixture) {
  Subject store(fixture);
  append_numbers(store, 5);
  WriteBatch batch = batch_of({{"b", at(0), {"b1", "b2"}}});
  must(store->append(batch));
  StreamsQuery query = streams_query({"a", "b"});
  query.events_max = 3;
  const EventPage first = must(store->read(query));
  EXPECT_THAT(payloads(first), ElementsAre("1", "2", "3"));
  EXPECT_TRUE(first.more);
  ASSERT_THAT(first.streams, SizeIs(2));
  EXPECT_EQ(first.streams[0].reached, StreamVersion{3});
  EXPECT_EQ(first.streams[0].version, StreamVersion{5});
  EXPECT_FALSE(first.streams[0].complete);
  EXPECT_EQ(first.streams[1].reached, StreamVersion{0});
  EXPECT_EQ(first.streams[1].version, StreamVersion{2});
  EXPECT_FALSE(first.streams[1].complete);

  query.at = first.at;
  for (std::size_t i = 0; i < 2; ++i) query.streams[i].after = first.streams[i].reached;
  const EventPage second = must(store->read(query));
  EXPECT_THAT(payloads(second), ElementsAre("4", "5", "b1"));
  EXPECT_TRUE(second.streams.at(0).complete);
  EXPECT_FALSE(second.streams.at(1).complete);
  for (std::size_t i = 0; i < 2; ++i) query.streams[i].after = second.streams[i].reached;
  const EventPage third = must(store->read(query));
  EXPECT_THAT(payloads(third), ElementsAre("b2"));
  EXPECT_FALSE(third.more);
  EXPECT_TRUE(third.streams.at(1).complete);
}

void bytes_end_a_page(StoreFixture& fixture) {
  Subject store(fixture);
  const std::string payload(10'000, 'x');
  WriteBatch batch = batch_of({{"a", at(0), std::vector<std::string>(8, payload)}});
  must(store->append(batch));

  LogQuery log;
  log.bytes_max = 35'000;
  const EventPage page = must(store->read(log));
  EXPECT_GE(page.events.size(), 1U);
  EXPECT_LE(page.events.size(), 3U) << "the fourth event passes the limit";
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.scanned_to, page.events.back().position);
  EXPECT_THAT(read_log(*store, log), SizeIs(8));

  StreamsQuery streams = streams_query({"a"});
  streams.bytes_max = 35'000;
  const EventPage of_stream = must(store->read(streams));
  EXPECT_GE(of_stream.events.size(), 1U);
  EXPECT_LE(of_stream.events.size(), 3U);
  EXPECT_TRUE(of_stream.more);
  EXPECT_FALSE(of_stream.streams.at(0).complete);
}

void page_holds_one_event_however_large(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a", std::string(1'000'000, 'x'));
  note(*store, "a", "small");
  LogQuery log;
  log.bytes_max = 1;
  const EventPage page = must(store->read(log));
  EXPECT_THAT(positions(page), ElementsAre(1));
  EXPECT_TRUE(page.more);
  StreamsQuery streams = streams_query({"a"});
  streams.bytes_max = 1;
  EXPECT_THAT(positions(must(store->read(streams))), ElementsAre(1));
}

void payloads_have_padding(StoreFixture& fixture) {
  Subject store(fixture);
  const std::vector<std::string> texts = {"", "1", std::string(4'096, 'x'), "{}"};
  WriteBatch batch = batch_of({{"a", at(0), texts}});
  must(store->append(batch));
  const EventPage page = must(store->read(LogQuery{}));
  ASSERT_THAT(page.events, SizeIs(texts.size()));
  unsigned sum = 0;  // keeps the reads, for AddressSanitizer to judge
  for (const StoredEvent& event : page.events) {
    const volatile char* behind = event.payload.data() + event.payload.size();
    for (std::size_t i = 0; i < limits::kPayloadPadding; ++i) {
      sum += static_cast<unsigned char>(behind[i]);
    }
  }
  ::testing::Test::RecordProperty("padding", static_cast<int>(sum % 256));
  EXPECT_EQ(payloads(page), texts);
}

constexpr Clause kClauses[] = {
    {"LimitTakesTheFirst", limit_takes_the_first},
    {"LimitZeroReadsNoEvents", limit_zero_reads_no_events},
    {"PagesJoinWithoutSeam", pages_join_without_seam},
    {"FullLastPageIsTheLast", full_last_page_is_the_last},
    {"StreamPagesSayHowFarTheyGot", stream_pages_say_how_far_they_got},
    {"BytesEndAPage", bytes_end_a_page},
    {"PageHoldsOneEventHoweverLarge", page_holds_one_event_however_large},
    {"PayloadsHavePadding", payloads_have_padding},
};

}  // namespace

std::span<const Clause> page_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
