#include "eventcore/memory_store.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "eventcore/store_administration.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventcore/testing/matchers.hpp"

// What every store promises is tested by the contract suite (tests/contract/). Here is what only
// this store does, and what many threads do to it.

namespace eventcore {
namespace {

using testing::HasError;
using testing::IsOk;

class InlineAppend final : public AppendOperation {
 public:
  using AppendOperation::renew;
  std::optional<Result<WriteResult>> result;

 protected:
  void completed(Result<WriteResult> of) noexcept override { result.emplace(std::move(of)); }
};

class InlineRead final : public ReadOperation {
 public:
  std::optional<Result<EventPage>> result;

 protected:
  void completed(Result<EventPage> of) noexcept override { result.emplace(std::move(of)); }
};

WriteBatch one_event(std::string_view stream, ExpectedVersion expected, std::string_view payload) {
  WriteBatch batch;
  batch.info.command_type = "note";
  batch.add_stream(StreamId::parse(stream).value(), expected);
  batch.add_event(0, "Noted", 1, payload);
  return batch;
}

WriteResult note(EventStore& store, std::string_view stream, std::string_view payload = "{}") {
  WriteBatch batch = one_event(stream, ExpectedVersion::any(), payload);
  return store.append(batch).value();
}

EventPage read(EventStore& store, ReadQuery query) { return store.read(std::move(query)).value(); }

TEST(MemoryStore, SaysWhatItIs) {
  const auto store = open_memory_store();
  EXPECT_EQ(store->description().backend, "memory");
  EXPECT_EQ(store->description().durability, "none");
  EXPECT_EQ(store->description().location, "memory:");
}

TEST(MemoryStore, CompletesInsideTheCall) {
  const auto store = open_memory_store();
  InlineAppend append;
  append.batch = one_event("a", ExpectedVersion::any(), "{}");
  store->submit_append(append);
  ASSERT_TRUE(append.result);
  EXPECT_THAT(*append.result, IsOk());
  InlineRead page;
  page.query = LogQuery{};
  store->submit_read(page);
  ASSERT_TRUE(page.result);
  EXPECT_THAT(*page.result, IsOk());
}

TEST(MemoryStore, LendsTheSameBytesToEveryPage) {
  const auto store = open_memory_store();
  note(*store, "a", "payload");
  const EventPage first = read(*store, LogQuery{});
  const EventPage second = read(*store, LogQuery{});
  EXPECT_EQ(first.events[0].payload.data(), second.events[0].payload.data());
}

TEST(MemoryStore, PagesOutliveTheStore) {
  auto store = open_memory_store();
  note(*store, "a-stream-with-a-long-name", "payload");
  const EventPage page = read(*store, LogQuery{});
  const EventPage with_batch = read(*store, LogQuery{.with_batch = true});
  store.reset();
  EXPECT_EQ(page.events[0].payload, "payload");
  EXPECT_EQ(page.events[0].stream, "a-stream-with-a-long-name");
  EXPECT_EQ(with_batch.events[0].batch->command_type, "note");
}

TEST(MemoryStore, RefusesPagesPastTheLimit) {
  const auto store = open_memory_store();
  LogQuery log;
  log.events_max = limits::kPageEvents;
  EXPECT_THAT(store->read(log), IsOk());
  log.events_max = limits::kPageEvents + 1;
  EXPECT_THAT(store->read(log), HasError(ErrorCode::LimitExceeded));
  StreamsQuery streams;
  streams.events_max = limits::kPageEvents + 1;
  EXPECT_THAT(store->read(streams), HasError(ErrorCode::LimitExceeded));
}

TEST(MemoryStore, ReadsALongStreamAtEveryPosition) {
  const auto store = open_memory_store();
  constexpr std::uint64_t kEvents = 700;  // several chunks of the stream's index
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    note(*store, "long", std::to_string(i + 1));
    note(*store, "other");
  }
  for (std::uint64_t at = 0; at <= 2 * kEvents; ++at) {
    StreamsQuery query{.streams = {{.stream = StreamId::literal("long")}}, .at = Position{at}};
    const EventPage page = read(*store, query);
    ASSERT_EQ(page.streams[0].version.value, (at + 1) / 2);
    ASSERT_EQ(page.events.size(), (at + 1) / 2);
    if (at > 0) {
      ASSERT_EQ(page.events.back().payload, std::to_string((at + 1) / 2));
    }
  }
}

TEST(MemoryStore, KeepsEventsOfEverySize) {
  const auto store = open_memory_store();
  std::vector<std::string> payloads;
  // Around the sizes at which the arena begins segments.
  for (const std::size_t size :
       {0U, 1U, 7U, 8U, 100U, 4'096U, 65'000U, 65'536U, 300'000U, 1U, 2'097'152U, 5'000'000U, 3U}) {
    payloads.push_back(std::string(size, static_cast<char>('a' + payloads.size())));
    note(*store, "a", payloads.back());
  }
  const EventPage page = read(*store, LogQuery{});
  ASSERT_EQ(page.events.size(), payloads.size());
  for (std::size_t i = 0; i < payloads.size(); ++i) EXPECT_EQ(page.events[i].payload, payloads[i]);
}

TEST(MemoryStore, RejectedBatchesTakeNoRoom) {
  const auto store = open_memory_store();
  note(*store, "a");
  const std::string payload(10'000, 'x');
  const std::uint64_t before = store->administration().stats()->size_bytes;
  for (int i = 0; i < 1'000; ++i) {
    WriteBatch stale = one_event("a", ExpectedVersion::no_stream(), payload);
    ASSERT_THAT(store->append(stale), HasError(ErrorCode::VersionConflict));
  }
  EXPECT_EQ(store->administration().stats()->size_bytes, before);
}

TEST(MemoryStore, ChecksAndConflictsLeaveNoTraceInTheStatistics) {
  const auto store = open_memory_store();
  WriteBatch check;
  check.add_stream(StreamId::literal("never-written"), ExpectedVersion::no_stream());
  ASSERT_THAT(store->append(check), IsOk());
  WriteBatch stale;
  stale.add_stream(StreamId::literal("s"), ExpectedVersion::stream_exists());
  stale.add_event(0, "NeverStored", 1, "{}");
  ASSERT_THAT(store->append(stale), HasError(ErrorCode::VersionConflict));
  WriteBatch reading;
  reading.add_stream(StreamId::literal("only-read"), ExpectedVersion::any());
  reading.add_stream(StreamId::literal("written"), ExpectedVersion::any());
  reading.add_event(1, "Noted", 1, "{}");
  ASSERT_THAT(store->append(reading), IsOk());

  const Result<StoreStats> stats = store->administration().stats();
  ASSERT_THAT(stats, IsOk());
  EXPECT_EQ(stats->events, 1U);
  EXPECT_EQ(stats->streams, 1U);
  EXPECT_EQ(stats->event_types, 1U);
  const auto streams = store->administration().list_streams({});
  ASSERT_THAT(streams, IsOk());
  ASSERT_EQ(streams->size(), 1U);
  EXPECT_EQ((*streams)[0].stream.view(), "written");
}

TEST(MemoryStore, ListsStreamsThatCameUpBetweenTwoPages) {
  const auto store = open_memory_store();
  for (const char* stream : {"b", "d", "f"}) note(*store, stream);
  StreamListQuery query;
  query.limit = 2;
  const auto first = store->administration().list_streams(query);
  ASSERT_EQ(first->size(), 2U);
  for (const char* stream : {"a", "e", "g"}) note(*store, stream);
  query.after = (*first)[1].stream.text();
  query.limit = 10;
  std::vector<std::string> rest;
  const auto second = store->administration().list_streams(query);
  ASSERT_THAT(second, IsOk());
  for (const StreamSummary& summary : *second) {
    rest.push_back(summary.stream.text());
  }
  EXPECT_EQ(rest, (std::vector<std::string>{"e", "f", "g"}));
}

TEST(MemoryStore, RefusesAnImportThatGoesBackInTime) {
  testing::ManualClock clock;
  const auto store = open_memory_store({.clock = &clock});
  const Timestamp time = note(*store, "a").time;
  WriteBatch batch = one_event("a", ExpectedVersion::any(), "{}");
  EXPECT_THAT(store->administration().import_batch(batch, {2}, time - std::chrono::seconds{1}),
              HasError(ErrorCode::InvalidArgument));
  EXPECT_THAT(store->administration().import_batch(batch, {2}, time), IsOk());
  WriteBatch empty;
  EXPECT_THAT(store->administration().import_batch(empty, {3}, time),
              HasError(ErrorCode::InvalidArgument));
}

TEST(MemoryStore, RefusesAnImportOfAKnownKey) {
  const auto store = open_memory_store();
  WriteBatch batch = one_event("a", ExpectedVersion::any(), "{}");
  batch.info.key = "k";
  const WriteResult written = store->append(batch).value();
  EXPECT_THAT(store->administration().import_batch(batch, {2}, written.time),
              HasError(ErrorCode::KeyReused));
}

class GroupProbe final : public Probe {
 public:
  explicit GroupProbe(bool wants_groups) : wants_groups_(wants_groups) {}
  std::vector<GroupRecord> groups;

  ProbeInterests interests() const noexcept override { return {.groups = wants_groups_}; }
  void group_committed(const GroupRecord& record) noexcept override { groups.push_back(record); }

 private:
  bool wants_groups_;
};

TEST(MemoryStore, TellsItsProbeOfBatchesAndConflicts) {
  const auto probe = std::make_shared<GroupProbe>(true);
  const auto store = open_memory_store({.probe = probe});
  note(*store, "a", "payload");
  WriteBatch stale = one_event("a", ExpectedVersion::no_stream(), "{}");
  ASSERT_THAT(store->append(stale), HasError(ErrorCode::VersionConflict));
  WriteBatch bad = one_event("a", ExpectedVersion::any(), "{}");
  bad.info.key = "\xFF";
  ASSERT_THAT(store->append(bad), HasError(ErrorCode::InvalidArgument));
  ASSERT_EQ(probe->groups.size(), 2U);
  EXPECT_EQ(probe->groups[0].commands, 1U);
  EXPECT_EQ(probe->groups[0].events, 1U);
  EXPECT_EQ(probe->groups[0].bytes, std::string_view("Notedpayload").size());
  EXPECT_EQ(probe->groups[0].head, Position{1});
  EXPECT_EQ(probe->groups[1].commands, 0U);
  EXPECT_EQ(probe->groups[1].rejected, 1U);
}

TEST(MemoryStore, LeavesAProbeAloneThatDoesNotCare) {
  const auto probe = std::make_shared<GroupProbe>(false);
  const auto store = open_memory_store({.probe = probe});
  note(*store, "a");
  EXPECT_TRUE(probe->groups.empty());
}

// Many writers on few streams, each batch on two of them at versions that it has read: exactly
// one batch wins each version, and readers see consistent prefixes all the while.
TEST(MemoryStore, SerialisesConflictingWriters) {
  constexpr int kWriters = 4;
  constexpr std::uint64_t kEach = 400;
  const auto store = open_memory_store();
  const std::vector<StreamId> streams = {StreamId::literal("x"), StreamId::literal("y"),
                                         StreamId::literal("z")};
  std::atomic<bool> done = false;
  const auto write = [&](std::size_t writer) {
    for (std::uint64_t stored = 0; stored < kEach;) {
      const StreamId& from = streams[(writer + stored) % 3];
      const StreamId& to = streams[(writer + stored + 1) % 3];
      const EventPage heads = read(
          *store, StreamsQuery{.streams = {{.stream = from}, {.stream = to}}, .events_max = 0});
      WriteBatch batch;
      batch.add_stream(from, ExpectedVersion::exactly(heads.streams[0].version));
      batch.add_stream(to, ExpectedVersion::exactly(heads.streams[1].version));
      batch.add_event(0, "Taken", 1, std::to_string(writer));
      batch.add_event(1, "Given", 1, std::to_string(writer));
      const Result<WriteResult> result = store->append(batch);
      if (result) {
        ++stored;
        EXPECT_EQ(result->last, result->first + 1);
        EXPECT_GE(store->head(), result->last);
      } else {
        EXPECT_THAT(result, HasError(ErrorCode::VersionConflict));
        EXPECT_LE(result.error().conflict->winner_position, store->head());
      }
    }
  };
  const auto observe = [&] {
    while (!done.load()) {
      StreamsQuery query;
      query.order = ReadOrder::Log;
      for (const StreamId& stream : streams) query.streams.push_back({.stream = stream});
      const EventPage page = read(*store, query);
      ASSERT_EQ(page.events.size(), page.at.value) << "every event is on one of the streams";
      for (std::size_t i = 0; i < page.events.size(); ++i) {
        ASSERT_EQ(page.events[i].position.value, i + 1);
      }
      ASSERT_EQ(page.at.value % 2, 0U) << "half of a batch";
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t writer = 0; writer < kWriters; ++writer) threads.emplace_back(write, writer);
  std::thread reader(observe);
  for (std::thread& thread : threads) thread.join();
  done = true;
  reader.join();
  EXPECT_EQ(store->head().value, kWriters * kEach * 2);
  const Result<VerifyReport> report = store->administration().verify(nullptr);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->findings_total, 0U);
  EXPECT_EQ(report->batches, kWriters * kEach);
  EXPECT_EQ(report->streams, 3U);
}

// New streams, types and keys from all sides, while others look them up.
TEST(MemoryStore, InternsConcurrentlyWhatIsNew) {
  constexpr int kWriters = 4;
  constexpr std::uint64_t kEach = 500;
  const auto store = open_memory_store();
  std::vector<std::thread> threads;
  std::atomic<std::uint64_t> replays = 0;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        // All writers come to the same names at about the same time.
        const std::string number = std::to_string(i);
        WriteBatch batch;
        batch.info.key = "key-" + number;
        batch.info.command_type = "type-" + std::to_string(i % 50);
        batch.add_stream(StreamId::parse("stream-" + number).value(), ExpectedVersion::any());
        batch.add_event(0, "Event" + std::to_string(i % 100), 1, number);
        const Result<WriteResult> result = store->append(batch);
        ASSERT_THAT(result, IsOk());
        if (result->replayed) replays.fetch_add(1);
        const EventPage page = read(
            *store,
            StreamsQuery{.streams = {{.stream = StreamId::parse("stream-" + number).value()}}});
        ASSERT_EQ(page.events.size(), 1U);
        ASSERT_EQ(page.events[0].payload, number);
        ASSERT_EQ(page.events[0].type, "Event" + std::to_string(i % 100));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->head().value, kEach);
  EXPECT_EQ(replays.load(), (kWriters - 1) * kEach);
  const Result<StoreStats> stats = store->administration().stats();
  EXPECT_EQ(stats->streams, kEach);
  EXPECT_EQ(stats->event_types, 100U);
  EXPECT_EQ(store->administration().verify(nullptr)->findings_total, 0U);
}

}  // namespace
}  // namespace eventcore
