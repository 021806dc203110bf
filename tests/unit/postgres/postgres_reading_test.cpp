// What reading on PostgreSQL has beyond the store contract: other processes' events, chunks, large
// payloads, names and types that are met for the first time, lost connections.

#include <gmock/gmock.h>

#include "eventcore/testing/matchers.hpp"
#include "postgres_log_fixture.hpp"
#include "postgres_sql.hpp"

namespace eventcore::postgres {
namespace {

using ::testing::ElementsAre;
using testing::HasError;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PostgresReading : public PostgresLog {
 protected:
  PostgresReading() { reader = std::make_unique<LogReader>(*state); }

  EventPage read(const ReadQuery& query) {
    auto page = reader->read(query);
    if (!page) throw std::runtime_error(describe(page.error()));
    return std::move(*page);
  }

  // `count` events on one stream in one statement.
  void fill(const std::string& stream, int count, const std::string& payload) {
    append({{stream, "first"}});
    run("INSERT INTO @events (position, stream, version, time, type, schema_version, ordinal, "
        "attempts, batch_events, command_id, payload) SELECT "
        "h.position + i, s.number, h.version + i, h.time, 1, 1, 0, 1, 1, gen_random_uuid(), " +
        payload + " FROM generate_series(1, " + std::to_string(count - 1) +
        ") i, @streams s, (SELECT * FROM @events ORDER BY position DESC LIMIT 1) h "
        "WHERE s.name = '" +
        stream + "'");
  }

  std::unique_ptr<LogReader> reader;
};

TEST_F(PostgresReading, SeesWhatOthersAppendedAndTellsTheStore) {
  append({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(state->head(), Position{0}) << "nobody has told";
  const EventPage page = read(LogQuery{});
  EXPECT_THAT(payloads(page), ElementsAre("1", "2"));
  EXPECT_EQ(page.at, Position{2});
  EXPECT_EQ(state->head(), Position{2});
  append({{"a", "3", "Another"}});
  const EventPage streams = read(StreamsQuery{.streams = {{id("a")}, {id("none")}}});
  EXPECT_THAT(payloads(streams), ElementsAre("1", "3"));
  EXPECT_EQ(streams.events[1].type, "Another") << "a type that this store did not know";
  EXPECT_EQ(streams.at, Position{3});
  EXPECT_EQ(state->head(), Position{3});
}

TEST_F(PostgresReading, ReadsPagesOfSeveralChunks) {
  fill("long", 3'500, "convert_to(i::text, 'UTF8')");
  LogQuery query{.events_max = 2'345};
  std::vector<std::uint64_t> seen;
  for (;;) {
    const EventPage page = read(query);
    for (const std::uint64_t position : positions(page)) seen.push_back(position);
    query.after = page.scanned_to;
    if (!page.more) break;
    EXPECT_THAT(page.events, SizeIs(2'345));
  }
  ASSERT_THAT(seen, SizeIs(3'500));
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], i + 1);
  EXPECT_EQ(query.after, Position{3'500});
}

TEST_F(PostgresReading, PageThatBytesCutLeavesTheConnectionInOrder) {
  fill("long", 3'500, "convert_to(repeat('x', 100), 'UTF8')");
  for (int i = 0; i < 3; ++i) {
    const EventPage page = read(LogQuery{.bytes_max = 1'005});
    EXPECT_THAT(page.events, SizeIs(11)) << "the first has 5 bytes";
    EXPECT_EQ(page.scanned_to, Position{11});
    EXPECT_TRUE(page.more);
    EXPECT_THAT(positions(read(LogQuery{.after = {3'499}})), ElementsAre(3'500));
  }
}

TEST_F(PostgresReading, LargePayloadsComeInTheirPlace) {
  const std::string large(20'000, 'l');
  const std::string limit(16'384, 'm');
  append({{"a", "1"}, {"a", large}, {"b", limit}, {"b", large + "2"}, {"a", "5"}});
  for (const auto& query :
       {ReadQuery(LogQuery{}),
        ReadQuery(StreamsQuery{.streams = {{id("a")}, {id("b")}}, .order = ReadOrder::Log})}) {
    EXPECT_THAT(payloads(read(query)), ElementsAre("1", large, limit, large + "2", "5"));
  }
  const EventPage page = read(LogQuery{.bytes_max = 30'000});
  EXPECT_THAT(payloads(page), ElementsAre("1", large));
  EXPECT_TRUE(page.more);
  EXPECT_THAT(payloads(read(LogQuery{.after = {1}, .bytes_max = 1})), ElementsAre(large));
}

TEST_F(PostgresReading, LargePayloadsOfStreamsAreNotSentInVain) {
  // Hundreds of megabytes, had the database to send what does not fit.
  fill("long", 40, "convert_to(repeat('x', 10000000), 'UTF8')");
  const StreamsQuery query{.streams = {{id("long")}}, .bytes_max = 1'000};
  const EventPage page = read(query);
  EXPECT_THAT(payloads(page), ElementsAre("first"));
  EXPECT_EQ(page.streams[0].version, StreamVersion{40});
  EXPECT_EQ(page.streams[0].reached, StreamVersion{1});
  EXPECT_FALSE(page.streams[0].complete);
}

TEST_F(PostgresReading, RareTypeIsFoundBehindForeignEvents) {
  fill("foreign", 3'000, "convert_to('{}', 'UTF8')");
  append({{"a", "first", "Rare"}});
  append({{"a", "second", "Rare"}, {"a", "{}"}});
  LogQuery query{};
  query.filter.type("Rare").type("Never").type("Rare");
  const EventPage page = read(query);
  EXPECT_THAT(payloads(page), ElementsAre("first", "second"));
  EXPECT_EQ(page.scanned_to, Position{3'003});
  EXPECT_FALSE(page.more);
  query.events_max = 1;
  const EventPage cut = read(query);
  EXPECT_THAT(payloads(cut), ElementsAre("first"));
  EXPECT_EQ(cut.scanned_to, Position{3'001});
  EXPECT_TRUE(cut.more);
}

TEST_F(PostgresReading, TypesAreReadAlongTheirIndex) {
  fill("foreign", 3'000, "convert_to('{}', 'UTF8')");
  run("ANALYZE @events");
  for (const char* statement : {sql::read_log_of_types, sql::scan_log_of_types}) {
    run("PREPARE reading AS " + for_schema(statement, schema.name()));
    std::string plan;
    for (const auto& row : database.run("EXPLAIN EXECUTE reading (0, 3000, 1000, '{2}')")) {
      plan += row.front() + "\n";
    }
    EXPECT_THAT(plan, HasSubstr("events_by_type")) << plan;
    run("DEALLOCATE reading");
  }
}

TEST_F(PostgresReading, TypesThatAppearLaterAreNotMissed) {
  append({{"a", "1"}});
  LogQuery query{};
  query.filter.type("Later");
  EXPECT_THAT(read(query).events, IsEmpty());
  append({{"a", "2", "Later"}});
  EXPECT_THAT(payloads(read(query)), ElementsAre("2"));
}

TEST_F(PostgresReading, StreamFiltersReadOnlyWhatMatches) {
  fill("foreign", 20'000, "convert_to('{}', 'UTF8')");
  append({{"wanted-1", "x"}, {"other", "y"}, {"wanted-2", "z", "Rare"}});
  LogQuery query{};
  query.filter.prefix(StreamPrefix::parse("wanted-").value());
  const EventPage page = read(query);
  EXPECT_THAT(payloads(page), ElementsAre("x", "z"));
  EXPECT_THAT(page.events[1].stream, "wanted-2");
  EXPECT_EQ(page.scanned_to, Position{20'003});
  query.filter.type("Rare");
  EXPECT_THAT(payloads(read(query)), ElementsAre("z"));
}

TEST_F(PostgresReading, PositionPastTheHeadIsInvalid) {
  append({{"a", "1"}});
  EXPECT_THAT(reader->read(StreamsQuery{.streams = {{id("a")}}, .at = Position{2}}),
              HasError(ErrorCode::InvalidArgument));
  EXPECT_THAT(payloads(read(LogQuery{})), ElementsAre("1")) << "the connection is as before";
}

TEST_F(PostgresReading, StreamWithoutANameIsDamage) {
  append({{"a", "1"}, {"b", "2"}});
  run("ALTER TABLE @streams DISABLE TRIGGER ALL; DELETE FROM @streams WHERE name = 'b'");
  EXPECT_THAT(reader->read(LogQuery{}), HasError(ErrorCode::Corrupt));
  EXPECT_THAT(payloads(read(LogQuery{.until = Position{1}})), ElementsAre("1"));
}

TEST_F(PostgresReading, LostConnectionIsSaid) {
  append({{"a", "1"}});
  EXPECT_THAT(read(LogQuery{}).events, SizeIs(1));
  run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%" + schema.name() +
      "%' AND pid <> pg_backend_pid()");
  EXPECT_THAT(reader->read(LogQuery{}), HasError(ErrorCode::Unavailable));
  EXPECT_FALSE(reader->is_connected());
  EXPECT_THAT(read(LogQuery{}).events, SizeIs(1)) << "connects again";
}

TEST_F(PostgresReading, SlowStatementIsGivenUpAndCancelled) {
  append({{"a", "1"}});
  PostgresStoreOptions impatient = options();
  impatient.statement_timeout = std::chrono::milliseconds{100};
  StoreState impatient_state(impatient);
  LogReader impatient_reader(impatient_state);
  ASSERT_TRUE(impatient_reader.read(LogQuery{}));
  run("BEGIN; LOCK TABLE @events IN ACCESS EXCLUSIVE MODE");
  EXPECT_THAT(impatient_reader.read(LogQuery{}), HasError(ErrorCode::Unavailable));
  EXPECT_FALSE(impatient_reader.is_connected());
  // It waits for the lock no more, although that is still held.
  const auto waiting =
      "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%" +
      schema.name() + "%'";
  testing::PostgresConnection other(testing::PostgresSchema::conninfo());
  const Instant until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (other.value(waiting) != "0" && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_EQ(other.value(waiting), "0");
  run("COMMIT");
}

}  // namespace
}  // namespace eventcore::postgres
