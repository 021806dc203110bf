// Several stores on one file, in one process and in several.

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <mutex>
#include <thread>

#include "eventcore/head_watcher.hpp"
#include "sqlite_fixture.hpp"
#include "writer_turn.hpp"

namespace eventcore::sqlite {
namespace {

using SqliteSharing = SqliteFile;

// Appends `count` events to `stream`, each expected to follow what was read before.
int append_in_competition(EventStore& store, std::string_view stream, int count) {
  int conflicts = 0;
  for (int stored = 0; stored < count;) {
    StreamsQuery query;
    query.streams.push_back({.stream = StreamId::parse(stream).value()});
    query.events_max = 0;
    const auto page = store.read(query);
    if (!page) return -1;
    const StreamVersion version = page->streams.at(0).version;
    WriteBatch batch;
    batch.add_event(
        batch.add_stream(StreamId::parse(stream).value(), ExpectedVersion::exactly(version)),
        "Noted", 1, "{}");
    const auto result = store.append(batch);
    if (result) {
      ++stored;
    } else if (result.error().code == ErrorCode::VersionConflict) {
      ++conflicts;
    } else {
      return -1;
    }
  }
  return conflicts;
}

TEST_F(SqliteSharing, StoresSeeEachOthersEvents) {
  const auto one = open();
  const auto two = open();
  ASSERT_TRUE(append(*one, "a", ExpectedVersion::no_stream()));
  EXPECT_EQ(version_of(*two, "a"), 1U);
  EXPECT_EQ(two->head(), Position{1});
  ASSERT_TRUE(append(*two, "a", ExpectedVersion::exactly({1})));
  ASSERT_TRUE(append(*two, "b", ExpectedVersion::no_stream()));
  EXPECT_EQ(version_of(*one, "b"), 1U);
  EXPECT_EQ(version_of(*one, "a"), 2U);
  const auto log = one->read(LogQuery{});
  ASSERT_TRUE(log);
  EXPECT_EQ(log->events.size(), 3U);
  expect_clean(*one);
  expect_clean(*two);
}

TEST_F(SqliteSharing, ConflictsNameTheOtherStoresBatch) {
  const auto one = open();
  const auto two = open();
  ASSERT_EQ(version_of(*two, "a"), 0U);
  WriteBatch winner = batch_for("a", ExpectedVersion::no_stream());
  winner.info.id = mint_uuid({});
  ASSERT_TRUE(one->append(winner));
  const auto loser = append(*two, "a", ExpectedVersion::no_stream());
  ASSERT_FALSE(loser);
  ASSERT_EQ(loser.error().code, ErrorCode::VersionConflict);
  EXPECT_EQ(loser.error().conflict->winner_id, winner.info.id);
  EXPECT_EQ(loser.error().conflict->winner_position, Position{1});
  EXPECT_EQ(loser.error().conflict->actual, StreamVersion{1});
}

TEST_F(SqliteSharing, ChecksSeeWhatOthersCommitted) {
  const auto one = open();
  const auto two = open();
  ASSERT_TRUE(append(*one, "a"));
  WriteBatch check;
  check.add_stream(StreamId::literal("a"), ExpectedVersion::no_stream());
  EXPECT_EQ(two->append(check).error().code, ErrorCode::VersionConflict);
}

TEST_F(SqliteSharing, KeysAreSharedToo) {
  const auto one = open();
  const auto two = open();
  WriteBatch first = batch_for("a", ExpectedVersion::no_stream());
  first.info.key = "order-1";
  ASSERT_TRUE(one->append(first));
  WriteBatch again = batch_for("a", ExpectedVersion::no_stream());
  again.info.key = "order-1";
  const auto replay = two->append(again);
  ASSERT_TRUE(replay) << describe(replay.error());
  EXPECT_TRUE(replay->replayed);
  EXPECT_EQ(replay->first, Position{1});
}

TEST_F(SqliteSharing, WaitingWakesForAnotherStoresEvents) {
  const auto one = open();
  const auto two = open();
  std::thread appending([&] { EXPECT_TRUE(append(*one, "a")); });
  const Deadline patience = Deadline::after(std::chrono::seconds{30});
  EXPECT_EQ(two->head_watcher().wait_beyond({0}, patience, {}), Position{1});
  appending.join();
}

TEST_F(SqliteSharing, AReaderFollowsAWriter) {
  const auto writer = open();
  ASSERT_TRUE(append(*writer, "a"));
  SqliteStoreOptions read_only = options();
  read_only.read_only = true;
  const auto reader = open(read_only);
  EXPECT_EQ(version_of(*reader, "a"), 1U);
  ASSERT_TRUE(append(*writer, "a"));
  ASSERT_TRUE(append(*writer, "b"));
  EXPECT_EQ(version_of(*reader, "a"), 2U);
  EXPECT_EQ(version_of(*reader, "b"), 1U);
}

TEST_F(SqliteSharing, CompetingStoresLoseNoEvent) {
  const auto one = open();
  const auto two = open();
  std::thread other([&] { EXPECT_GE(append_in_competition(*two, "a", 100), 0); });
  EXPECT_GE(append_in_competition(*one, "a", 100), 0);
  other.join();
  EXPECT_EQ(version_of(*one, "a"), 200U);
  EXPECT_EQ(version_of(*two, "a"), 200U);
  expect_clean(*one);
}

TEST_F(SqliteSharing, CompetingProcessesLoseNoEvent) {
  { ASSERT_NE(open(), nullptr); }
  const pid_t child = fork();
  if (child == 0) {
    auto store = open_sqlite_store(options());
    const bool done = store && append_in_competition(**store, "a", 100) >= 0;
    store = Error{};
    _exit(done ? 0 : 1);
  }
  {
    const auto store = open();
    EXPECT_GE(append_in_competition(*store, "a", 100), 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  const auto store = open();
  EXPECT_EQ(version_of(*store, "a"), 200U);
  expect_clean(*store);
}

TEST_F(SqliteSharing, OneOfManyCreatesTheStoreAndTheOthersUseIt) {
  constexpr int kStores = 200;
  constexpr int kOpeners = 3;
  std::barrier<> together(kOpeners);
  std::atomic<int> opened = 0;
  std::vector<std::thread> openers;
  for (int i = 0; i < kOpeners; ++i) {
    openers.emplace_back([&] {
      for (int store = 0; store < kStores; ++store) {
        SqliteStoreOptions options = this->options();
        options.path.replace_filename("store-" + std::to_string(store) + ".db");
        together.arrive_and_wait();
        if (open(options) != nullptr) ++opened;
      }
    });
  }
  for (std::thread& opener : openers) opener.join();
  EXPECT_EQ(opened, kStores * kOpeners);
}

TEST_F(SqliteSharing, TheSideFileMayBeLost) {
  const auto one = open();
  std::filesystem::remove(writers_file(path()));
  const auto two = open();
  ASSERT_TRUE(append(*one, "a", ExpectedVersion::no_stream()));
  EXPECT_FALSE(append(*two, "a", ExpectedVersion::no_stream()));
  ASSERT_TRUE(append(*two, "a", ExpectedVersion::exactly({1})));
  EXPECT_TRUE(append(*one, "a", ExpectedVersion::exactly({2})));
  expect_clean(*one);
}

// While one holds the turn and a second waits, the first does not get it again before.
TEST_F(SqliteSharing, TurnsAreTaken) {
  WriterTurn one;
  WriterTurn two;
  ASSERT_TRUE(one.open(path(), false));
  ASSERT_TRUE(two.open(path(), false));
  const auto for_ever = [] { return true; };
  // The turn itself guards `turns`; the mutex is for race detectors, which can't see file locks.
  std::mutex seen_by_detectors;
  std::vector<int> turns;
  const auto note = [&](int turn) {
    const std::lock_guard lock(seen_by_detectors);
    turns.push_back(turn);
  };
  ASSERT_TRUE(one.acquire(for_ever));
  std::atomic<bool> asked = false;
  std::thread second([&] {
    ASSERT_TRUE(two.acquire([&] {
      asked = true;
      return true;
    }));
    note(2);
    two.release();
  });
  while (!asked) std::this_thread::yield();
  note(1);
  one.release();
  ASSERT_TRUE(one.acquire(for_ever));
  note(1);
  one.release();
  second.join();
  EXPECT_EQ(turns, (std::vector<int>{1, 2, 1}));
}

TEST_F(SqliteSharing, WaitingForATurnCanBeGivenUp) {
  WriterTurn one;
  WriterTurn two;
  ASSERT_TRUE(one.open(path(), false));
  ASSERT_TRUE(two.open(path(), false));
  ASSERT_TRUE(one.acquire([] { return true; }));
  EXPECT_FALSE(two.acquire([] { return false; }));
  one.release();
  EXPECT_TRUE(two.acquire([] { return false; }));
  two.release();
}

}  // namespace
}  // namespace eventcore::sqlite
