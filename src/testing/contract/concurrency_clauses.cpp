#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <thread>

#include "clause.hpp"
#include "eventcore/head_watcher.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::Each;
using ::testing::SizeIs;

constexpr int kThreads = 4;

/// Runs `work(0)` to `work(kThreads - 1)`, each on a thread of its own, and waits for them.
void run_threads(const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back([&work, t] { work(t); });
  for (std::thread& thread : threads) thread.join();
}

Result<WriteResult> append(Subject& store, WriteBatch batch) { return store->append(batch); }

void expect_dense(const std::vector<Seen>& log) {
  for (std::size_t i = 0; i < log.size(); ++i) ASSERT_EQ(log[i].position.value, i + 1);
}

void one_winner_per_version(StoreFixture& fixture) {
  constexpr std::uint64_t kVersions = 60;
  Subject store(fixture);
  std::array<std::atomic<int>, kVersions> winners{};
  std::atomic<int> other_errors = 0;
  run_threads([&](int thread) {
    for (std::uint64_t version = 0; version < kVersions; ++version) {
      const Result<WriteResult> result =
          append(store, batch_of({{"hot", at(version), {std::to_string(thread)}}}));
      if (result) {
        winners[version].fetch_add(1);
      } else if (result.error().code != ErrorCode::VersionConflict) {
        other_errors.fetch_add(1);
      }
    }
  });
  EXPECT_EQ(other_errors.load(), 0);
  for (const std::atomic<int>& count : winners) EXPECT_EQ(count.load(), 1);
  EXPECT_THAT(read_all(*store, "hot"), SizeIs(kVersions));
}

void read_decide_append_loses_nothing(StoreFixture& fixture) {
  constexpr int kEach = 25;
  Subject store(fixture);
  std::atomic<int> failures = 0;
  run_threads([&](int) {
    for (int done = 0; done < kEach;) {
      const Result<EventPage> page = store->read(streams_query({"counter"}));
      if (!page) {
        failures.fetch_add(1);
        return;
      }
      const std::uint64_t count = page->streams.at(0).version.value;
      const Result<WriteResult> result =
          append(store, batch_of({{"counter", at(count), {std::to_string(count + 1)}}}));
      if (result) {
        ++done;
      } else if (result.error().code != ErrorCode::VersionConflict) {
        failures.fetch_add(1);
        return;
      }
    }
  });
  EXPECT_EQ(failures.load(), 0);
  const std::vector<Seen> events = read_all(*store, "counter");
  ASSERT_THAT(events, SizeIs(kThreads * kEach));
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].payload, std::to_string(i + 1));
    EXPECT_EQ(events[i].version.value, i + 1);
  }
}

void disjoint_streams_never_conflict(StoreFixture& fixture) {
  constexpr std::uint64_t kEach = 50;
  Subject store(fixture);
  std::atomic<int> failures = 0;
  run_threads([&](int thread) {
    const std::string stream = "mine-" + std::to_string(thread);
    for (std::uint64_t version = 0; version < kEach; ++version) {
      if (!append(store, batch_of({{stream, at(version), {"{}"}}}))) failures.fetch_add(1);
    }
  });
  EXPECT_EQ(failures.load(), 0);
  const std::vector<Seen> log = read_log(*store);
  EXPECT_THAT(log, SizeIs(kThreads * kEach));
  expect_dense(log);
}

void one_of_equal_keys_is_stored(StoreFixture& fixture) {
  constexpr int kKeys = 30;
  Subject store(fixture);
  std::array<std::array<WriteResult, kThreads>, kKeys> results{};
  std::atomic<int> failures = 0;
  run_threads([&](int thread) {
    for (std::size_t key = 0; key < kKeys; ++key) {
      const Result<WriteResult> result =
          append(store, keyed_batch("k" + std::to_string(key), {{"a", any(), {"1", "2"}}}));
      if (result) {
        results[key][static_cast<std::size_t>(thread)] = *result;
      } else {
        failures.fetch_add(1);
      }
    }
  });
  EXPECT_EQ(failures.load(), 0);
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{2 * kKeys});
  for (const auto& of_key : results) {
    EXPECT_EQ(std::count_if(of_key.begin(), of_key.end(),
                            [](const WriteResult& result) { return !result.replayed; }),
              1);
    for (const WriteResult& result : of_key) {
      EXPECT_EQ(result.first, of_key[0].first);
      EXPECT_EQ(result.last, of_key[0].last);
    }
  }
}

/// Follows the log until it has read `total` events; what it delivers, in its order.
std::vector<Seen> follow(EventStore& store, std::uint64_t total) {
  std::vector<Seen> delivered;
  LogQuery query;
  query.events_max = 37;
  while (delivered.size() < total) {
    const Result<EventPage> page = store.read(query);
    if (!page) return delivered;
    for (Seen& event : copy(*page)) delivered.push_back(std::move(event));
    if (page->scanned_to == query.after) {
      const Deadline deadline = Deadline::after(std::chrono::minutes{1});
      if (store.head_watcher().wait_beyond(query.after, deadline, {}) == query.after) break;
    }
    query.after = page->scanned_to;
  }
  return delivered;
}

// One writer's large payloads take long to store; positions of others must not overtake them.
void follower_misses_nothing(StoreFixture& fixture) {
  constexpr std::uint64_t kEach = 40;
  constexpr std::uint64_t kTotal = kThreads * kEach * 3;
  Subject store(fixture);
  std::vector<Seen> delivered;
  std::thread follower([&] { delivered = follow(*store, kTotal); });
  std::atomic<int> failures = 0;
  run_threads([&](int thread) {
    const std::string payload = thread == 0 ? std::string(100'000, 'x') : std::to_string(thread);
    for (std::uint64_t i = 0; i < kEach; ++i) {
      const std::string own = "s-" + std::to_string(thread);
      if (!append(store, batch_of({{own, any(), {payload, "2"}}, {"shared", any(), {"3"}}}))) {
        failures.fetch_add(1);
      }
    }
  });
  follower.join();
  EXPECT_EQ(failures.load(), 0);
  const std::vector<Seen> committed = read_log(*store);
  ASSERT_THAT(committed, SizeIs(kTotal));
  expect_dense(committed);
  ASSERT_THAT(delivered, SizeIs(kTotal));
  EXPECT_TRUE(delivered == committed) << "the follower saw another log";
  for (std::size_t i = 0; i < committed.size(); ++i) {
    ASSERT_EQ(committed[i].ordinal, i % 3) << "batches are torn apart";
    if (i > 0) {
      ASSERT_GE(committed[i].time, committed[i - 1].time);
    }
  }
}

void batches_are_seen_whole(StoreFixture& fixture) {
  constexpr int kEach = 40;
  Subject store(fixture);
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::thread reader([&] {
    do {
      StreamsQuery query = streams_query({"left", "right"});
      query.events_max = 0;
      const Result<EventPage> page = store->read(query);
      if (!page || page->streams.at(0).version != page->streams.at(1).version) torn.fetch_add(1);
      const Result<EventPage> log = store->read(LogQuery{});
      if (!log || (!log->more && log->events.size() % 2 != 0)) torn.fetch_add(1);
    } while (!done.load());
  });
  run_threads([&](int) {
    for (int i = 0; i < kEach; ++i) {
      static_cast<void>(append(store, batch_of({{"left", any(), {"l"}}, {"right", any(), {"r"}}})));
    }
  });
  done.store(true);
  reader.join();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_EQ(version_of(*store, "left"), StreamVersion{kThreads * kEach});
}

void reads_at_a_position_stay_the_same(StoreFixture& fixture) {
  constexpr int kEach = 40;
  Subject store(fixture);
  for (int i = 0; i < 20; ++i) note(*store, i % 2 == 0 ? "a" : "b", std::to_string(i));
  StreamsQuery query = streams_query({"a", "b"});
  query.at = store->head();
  query.order = ReadOrder::Log;
  const std::vector<Seen> before = copy(must(store->read(query)));
  std::atomic<int> different = 0;
  run_threads([&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      if (thread % 2 == 0) {
        if (!append(store, batch_of({{"a", any(), {"new"}}, {"b", any(), {"new"}}}))) {
          different.fetch_add(1);
        }
      } else {
        const Result<EventPage> page = store->read(query);
        if (!page || copy(*page) != before || page->at != *query.at) different.fetch_add(1);
      }
    }
  });
  EXPECT_EQ(different.load(), 0);
  EXPECT_THAT(before, SizeIs(20));
}

void every_operation_completes_once(StoreFixture& fixture) {
  constexpr int kEach = 50;
  Subject store(fixture);
  std::vector<std::vector<std::unique_ptr<PendingAppend>>> appends(kThreads);
  std::vector<std::vector<std::unique_ptr<PendingRead>>> reads(kThreads);
  run_threads([&](int thread) {
    const auto mine = static_cast<std::size_t>(thread);
    for (int i = 0; i < kEach; ++i) {
      const ExpectedVersion expected = i % 3 == 0 ? at(0) : any();
      appends[mine].push_back(std::make_unique<PendingAppend>(
          keyed_batch(i % 5 == 0 ? "k" : "", {{"a", expected, {"1"}}})));
      appends[mine].back()->submit(*store);
      reads[mine].push_back(std::make_unique<PendingRead>(streams_query({"a"})));
      reads[mine].back()->submit(*store);
    }
  });
  std::size_t stored = 0;
  for (const auto& of_thread : appends) {
    for (const auto& append : of_thread) {
      if (append->result() && !append->result()->replayed) ++stored;
    }
  }
  must(store->close({}));
  std::vector<int> completions;
  for (std::size_t t = 0; t < kThreads; ++t) {
    for (const auto& append : appends[t]) completions.push_back(append->completions());
    for (const auto& read : reads[t]) completions.push_back(read->completions());
  }
  EXPECT_THAT(completions, SizeIs(2 * kThreads * kEach));
  EXPECT_THAT(completions, Each(1));
  EXPECT_GT(stored, 0U);
}

constexpr Clause kClauses[] = {
    {"OneWinnerPerVersion", one_winner_per_version},
    {"ReadDecideAppendLosesNothing", read_decide_append_loses_nothing},
    {"DisjointStreamsNeverConflict", disjoint_streams_never_conflict},
    {"OneOfEqualKeysIsStored", one_of_equal_keys_is_stored},
    {"FollowerMissesNothing", follower_misses_nothing},
    {"BatchesAreSeenWhole", batches_are_seen_whole},
    {"ReadsAtAPositionStayTheSame", reads_at_a_position_stay_the_same},
    {"EveryOperationCompletesOnce", every_operation_completes_once},
};

}  // namespace

std::span<const Clause> concurrency_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
