// Several stores on one schema, as several processes have them.

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "postgres_fixture.hpp"

namespace eventcore::postgres {
namespace {

using PostgresSharing = PostgresTest;

TEST_F(PostgresSharing, ConflictNamesTheWinnerOfAnotherStore) {
  const auto first = open();
  const auto second = open();
  WriteBatch won = batch_of({{"room-1", ExpectedVersion::no_stream()}}, "", "book");
  ASSERT_TRUE(first->append(won));
  WriteBatch lost = batch_of({{"room-1", ExpectedVersion::no_stream()}});
  const auto result = second->append(lost);
  ASSERT_FALSE(result);
  ASSERT_EQ(result.error().code, ErrorCode::VersionConflict);
  EXPECT_EQ(result.error().stream, "room-1");
  ASSERT_TRUE(result.error().conflict);
  EXPECT_EQ(result.error().conflict->actual, StreamVersion{1});
  EXPECT_EQ(result.error().conflict->winner_position, Position{1});
  EXPECT_EQ(result.error().conflict->winner_id, won.info.id);
  EXPECT_EQ(result.error().conflict->winner_command_type, "book");
}

// A store that believes in versions of before: the batches on streams that moved are decided on
// what is there, the others of the group are stored.
TEST_F(PostgresSharing, OldVersionsCostOnlyWhatWasDecidedOnThem) {
  const auto first = open();
  const auto second = open();
  WriteBatch seen = batch_of({{"a", ExpectedVersion::any()}});
  ASSERT_TRUE(first->append(seen));
  seen = batch_of({{"b", ExpectedVersion::any()}});
  ASSERT_TRUE(first->append(seen));
  Plug plug;
  first->submit_append(plug);
  plug.await_standstill();
  WriteBatch foreign = batch_of({{"a", ExpectedVersion::any()}});
  ASSERT_TRUE(second->append(foreign));
  PendingAppend stale(batch_of({{"a", ExpectedVersion::exactly({1})}}));
  PendingAppend on_stale(batch_of({{"a", ExpectedVersion::exactly({2})}}));
  PendingAppend untouched(batch_of({{"b", ExpectedVersion::exactly({1})}}));
  PendingAppend late(batch_of({{"b", ExpectedVersion::exactly({1})}}));
  for (PendingAppend* append : {&stale, &on_stale, &untouched, &late}) {
    first->submit_append(*append);
  }
  plug.pull();

  EXPECT_EQ(stale.result().error().code, ErrorCode::VersionConflict);
  EXPECT_EQ(stale.result().error().conflict->actual, StreamVersion{2});
  // Version 2 is there, though by another's hand.
  EXPECT_TRUE(on_stale.result());
  EXPECT_TRUE(untouched.result());
  EXPECT_EQ(late.result().error().code, ErrorCode::VersionConflict);
  EXPECT_EQ(value("SELECT string_agg(s.name || e.version, ' ' ORDER BY e.position) FROM @.events e"
                  " JOIN @.streams s ON s.number = e.stream WHERE s.name <> 'plug'"),
            "a1 b1 a2 b2 a3");
}

TEST_F(PostgresSharing, KeyOfAnotherStoreIsReplayed) {
  const auto first = open();
  const auto second = open();
  WriteBatch original = batch_of({{"order-1", ExpectedVersion::no_stream()}}, "order 1", "place");
  const auto stored = first->append(original);
  ASSERT_TRUE(stored);
  WriteBatch repeated = batch_of({{"order-1", ExpectedVersion::no_stream()}}, "order 1", "place");
  const auto replayed = second->append(repeated);
  ASSERT_TRUE(replayed) << describe(replayed.error());
  EXPECT_TRUE(replayed->replayed);
  EXPECT_EQ(replayed->first, stored->first);
  WriteBatch reused = batch_of({{"order-2", ExpectedVersion::no_stream()}}, "order 1", "cancel");
  EXPECT_EQ(second->append(reused).error().code, ErrorCode::KeyReused);
}

// Every accepted batch expected exactly what was there, so versions count accepted batches.
TEST_F(PostgresSharing, RandomBatchesOfManyStoresAreStoredOnce) {
  constexpr int kThreads = 4;
  constexpr int kBatches = 150;
  std::vector<std::unique_ptr<EventStore>> stores;
  for (int i = 0; i < 2; ++i) stores.push_back(open());
  std::atomic<std::uint64_t> events = 0;
  std::atomic<int> conflicts = 0;
  const auto write = [&](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread));
    EventStore& store = *stores[static_cast<std::size_t>(thread) % stores.size()];
    for (int i = 0; i < kBatches; ++i) {
      std::set<std::uint32_t> chosen;
      while (chosen.size() < 2) chosen.insert(static_cast<std::uint32_t>(random() % 5));
      std::vector<std::pair<std::string, ExpectedVersion>> streams;
      for (const std::uint32_t stream : chosen) {
        const std::string name = "s-" + std::to_string(stream);
        const auto page = store.read_stream(id(name), {.limit = 0});
        const bool blind = random() % 3 == 0;
        streams.emplace_back(name, blind ? ExpectedVersion::any()
                                         : ExpectedVersion::exactly(page->streams[0].version));
      }
      WriteBatch batch = batch_of(streams);
      const auto result = store.append(batch);
      if (result) {
        events += batch.event_count();
      } else {
        ASSERT_EQ(result.error().code, ErrorCode::VersionConflict) << describe(result.error());
        ++conflicts;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(write, i);
  for (std::thread& thread : threads) thread.join();

  EXPECT_GT(conflicts, 0);
  EXPECT_EQ(value("SELECT count(*) FROM @.events"), std::to_string(events));
  EXPECT_EQ(value("SELECT max(position) FROM @.events"), std::to_string(events));
  EXPECT_EQ(value("SELECT sum(v) FROM (SELECT max(version) v FROM @.events GROUP BY stream) x"),
            std::to_string(events));
  const auto report = stores[0]->administration().verify({});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->findings_total, 0U);
}

TEST_F(PostgresSharing, ReaderOfAnotherStoreIsWoken) {
  const auto writer = open();
  const auto reader = open();
  std::thread append([&] {
    WriteBatch batch = batch_of({{"a", ExpectedVersion::any()}});
    EXPECT_TRUE(writer->append(batch));
  });
  const Position head =
      reader->head_watcher().wait_beyond({0}, Deadline::after(std::chrono::seconds{30}), {});
  append.join();
  EXPECT_EQ(head, Position{1});
  EXPECT_EQ(reader->read(LogQuery{})->events.size(), 1U);
}

}  // namespace
}  // namespace eventcore::postgres
