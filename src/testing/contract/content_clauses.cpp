#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/decision_record.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

void payloads_round_trip(StoreFixture& fixture) {
  Subject store(fixture);
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const std::vector<std::string> texts = {
      "",
      "{}",
      R"({"text":"quote \" backslash \\ slash \/ newline \n tab \t nul \u0000"})",
      "{\"n\":18446744073709551615,\"m\":-9223372036854775808,\"d\":1.7976931348623157e308}",
      "{\"text\":\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x9A\x80 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D\"}",
      "' OR 1=1; --",
      " leading and trailing ",
      every_byte,
      std::string(1'000'000, 'x')};
  WriteBatch batch = batch_of({{"a", at(0), texts}});
  must(store->append(batch));
  EXPECT_EQ(payloads(read_all(*store, "a")), texts);
  EXPECT_EQ(payloads(read_log(*store)), texts);
}

void undecodable_payload_is_delivered(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a", "{\"good\":1}");
  const std::string poison = "{\"broken\":\xFF\xFE";
  const Position where = note(*store, "a", poison).first;
  note(*store, "a", "{\"good\":2}");
  const std::vector<Seen> log = read_log(*store);
  ASSERT_THAT(log, SizeIs(3)) << "a store does not judge payloads";
  EXPECT_EQ(log[1].payload, poison);
  EXPECT_EQ(log[1].position, where);
  EXPECT_THAT(read_all(*store, "a"), SizeIs(3));
}

void headers_round_trip(StoreFixture& fixture) {
  Subject store(fixture);
  Headers headers;
  headers.set("flag", true).set("count", std::int64_t{-7}).set("ratio", 0.25);
  headers.set("user", std::string("J\xC3\xBCrgen \"J\""));
  std::string encoded;
  must(headers.encode(encoded));
  WriteBatch batch = batch_of({});
  const std::uint32_t stream = batch.add_stream(id("a"), at(0));
  batch.add_event(stream, "Noted", 1, "with", encoded);
  batch.add_event(stream, "Noted", 1, "without");
  batch.add_event(stream, "Noted", 1, "", encoded);
  must(store->append(batch));

  const std::vector<Seen> events = read_all(*store, "a");
  ASSERT_THAT(events, SizeIs(3));
  EXPECT_EQ(must(Headers::decode(events[0].headers)), headers);
  EXPECT_EQ(events[0].payload, "with");
  EXPECT_EQ(events[1].headers, "");
  EXPECT_EQ(must(Headers::decode(events[2].headers)), headers);
  EXPECT_EQ(events[2].payload, "");
}

void stream_ids_of_every_kind(StoreFixture& fixture) {
  Subject store(fixture);
  std::vector<std::string> ids = {
      "a",        "A", "a b", "quo'te",   "quo\"te",   "semi;colon",
      "per%cent", "_", "\\",  "/",        "a/b/c",     "NULL",
      "0",        "-", "$1",  "\xC3\xA9", "e\xCC\x81", "\xF0\x9F\x9A\x80"};
  ids.push_back(std::string(limits::kStreamIdCharacters, 'x'));
  ids.push_back(std::string(limits::kStreamIdCharacters - 1, 'x') + "y");
  std::string widest;  // 255 characters of 4 bytes
  for (std::size_t i = 0; i < limits::kStreamIdCharacters; ++i) widest += "\xF0\x9F\x9A\x80";
  ids.push_back(widest);
  for (const std::string& text : ids) note(*store, text, text);
  for (const std::string& text : ids) {
    EXPECT_THAT(payloads(read_all(*store, text)), ElementsAre(text));
    LogQuery query;
    query.filter.stream(id(text));
    EXPECT_THAT(payloads(read_log(*store, query)), ElementsAre(text)) << "by filter";
  }
}

void type_names_of_every_kind(StoreFixture& fixture) {
  Subject store(fixture);
  const std::vector<std::string> types = {"t",
                                          "T",
                                          "shop.Order-Placed_v2",
                                          "quo'te",
                                          "%",
                                          "a b",
                                          std::string(limits::kTypeNameBytes, 't'),
                                          "\xC3\xA9"};
  for (const std::string& type : types) note(*store, "a", type, type);
  const std::vector<Seen> events = read_all(*store, "a");
  ASSERT_THAT(events, SizeIs(types.size()));
  for (std::size_t i = 0; i < types.size(); ++i) {
    EXPECT_EQ(events[i].type, types[i]);
    LogQuery query;
    query.filter.type(types[i]);
    EXPECT_THAT(payloads(read_log(*store, query)), ElementsAre(types[i]));
  }
}

WriteBatch described_batch() {
  WriteBatch batch = keyed_batch(
      "order 17/\xC3\xA4", {{"read-only", at(0)}, {"a", at(0), {"1", "2"}}, {"b", any(), {"3"}}},
      "place_order");
  batch.info.correlation_id = "request-9";
  batch.info.causation_id = "event-4";
  batch.info.trace =
      TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").value();
  batch.info.decision.attempts = 3;
  Interference lost;
  lost.stream = "a";
  lost.conflict = {.expected = {4},
                   .actual = {6},
                   .winner_position = {99},
                   .winner_id = {},
                   .winner_command_type = "adjust_stock"};
  lost.conflict.winner_id.bytes[0] = 0x42;
  batch.info.decision.interference.push_back(lost);
  return batch;
}

void expect_batch(const StoredEvent& event, const BatchInfo& info, Position first) {
  ASSERT_NE(event.batch, nullptr);
  const StoredBatch& stored = *event.batch;
  EXPECT_EQ(stored.id, info.id);
  EXPECT_EQ(stored.command_type, info.command_type);
  EXPECT_EQ(stored.key, info.key);
  EXPECT_EQ(stored.correlation_id, info.correlation_id);
  EXPECT_EQ(stored.causation_id, info.causation_id);
  EXPECT_EQ(stored.trace, info.trace);
  EXPECT_EQ(stored.trace.traceparent(), info.trace.traceparent());
  EXPECT_EQ(stored.first, first);
  EXPECT_EQ(stored.events, 3U);
  EXPECT_EQ(stored.attempts, info.decision.attempts);
}

void batch_info_is_stored(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "before");
  WriteBatch batch = described_batch();
  const WriteResult written = must(store->append(batch));
  note(*store, "after");

  LogQuery log;
  log.with_batch = true;
  const EventPage page = must(store->read(log));
  ASSERT_THAT(page.events, SizeIs(5));
  for (std::size_t i = 1; i <= 3; ++i) {
    expect_batch(page.events[i], batch.info, written.first);
    EXPECT_EQ(page.events[i].ordinal, i - 1);
  }
  ASSERT_NE(page.events[4].batch, nullptr);
  EXPECT_NE(page.events[4].batch->id, batch.info.id);
  EXPECT_EQ(page.events[4].batch->key, "");
  EXPECT_FALSE(page.events[4].batch->trace.is_valid());
  EXPECT_EQ(page.events[4].batch->attempts, 1U);
}

void decision_is_stored(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "b");
  WriteBatch batch = described_batch();
  must(store->append(batch));
  LogQuery log;
  log.with_batch = true;
  log.after = {1};
  const EventPage page = must(store->read(log));
  ASSERT_THAT(page.events, SizeIs(3));
  ASSERT_NE(page.events[2].batch, nullptr);
  const StoredDecision decision = must(decode_decision(page.events[2].batch->decision));

  using Read = StoredDecision::Read;
  EXPECT_THAT(decision.reads, ElementsAre(Read{"read-only", {0}, false}, Read{"a", {0}, true},
                                          Read{"b", {1}, true}));
  const Interference& lost = batch.info.decision.interference.at(0);
  EXPECT_THAT(decision.interference, ElementsAre(StoredDecision::Interferer{
                                         lost.stream, lost.conflict.expected, lost.conflict.actual,
                                         lost.conflict.winner_position, lost.conflict.winner_id,
                                         lost.conflict.winner_command_type}));
}

void batch_info_comes_with_any_event(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch batch = described_batch();
  const WriteResult written = must(store->append(batch));

  LogQuery log;
  log.with_batch = true;
  log.after = {2};
  const EventPage tail = must(store->read(log));
  ASSERT_THAT(tail.events, SizeIs(1)) << "the page begins inside the batch";
  expect_batch(tail.events[0], batch.info, written.first);

  StreamsQuery streams = streams_query({"b"});
  streams.with_batch = true;
  const EventPage of_stream = must(store->read(streams));
  ASSERT_THAT(of_stream.events, SizeIs(1));
  expect_batch(of_stream.events[0], batch.info, written.first);
}

constexpr Clause kClauses[] = {
    {"PayloadsRoundTrip", payloads_round_trip},
    {"UndecodablePayloadIsDelivered", undecodable_payload_is_delivered},
    {"HeadersRoundTrip", headers_round_trip},
    {"StreamIdsOfEveryKind", stream_ids_of_every_kind},
    {"TypeNamesOfEveryKind", type_names_of_every_kind},
    {"BatchInfoIsStored", batch_info_is_stored},
    {"DecisionIsStored", decision_is_stored},
    {"BatchInfoComesWithAnyEvent", batch_info_comes_with_any_event},
};

}  // namespace

std::span<const Clause> content_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
