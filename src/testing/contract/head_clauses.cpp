#include <gmock/gmock.h>

#include <thread>

#include "clause.hpp"
#include "eventcore/head_watcher.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

// Long enough that a test which has to wait for it is a test that fails.
Deadline patience() { return Deadline::after(std::chrono::minutes{1}); }
constexpr Deadline kPast{Instant{}};

void head_is_the_last_position(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_EQ(store->head(), Position{0});
  note(*store, "a");
  EXPECT_EQ(store->head(), Position{1});
  WriteBatch batch = batch_of({{"a", any(), {"2", "3"}}, {"b", any(), {"4"}}});
  must(store->append(batch));
  EXPECT_EQ(store->head(), Position{4});
}

void watcher_knows_what_is_past(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  note(*store, "a");
  EXPECT_EQ(store->head_watcher().wait_beyond({0}, patience(), {}), Position{2});
  EXPECT_EQ(store->head_watcher().wait_beyond({1}, patience(), {}), Position{2});
}

void watcher_gives_up_at_its_deadline(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  EXPECT_EQ(store->head_watcher().wait_beyond({1}, kPast, {}), Position{1});
  const Deadline soon = Deadline::after(std::chrono::milliseconds{5});
  EXPECT_EQ(store->head_watcher().wait_beyond({1}, soon, {}), Position{1});
}

void watcher_wakes_on_appends(StoreFixture& fixture) {
  constexpr std::uint64_t kAppends = 50;
  Subject store(fixture);
  std::uint64_t wakes = 0;
  bool in_time = true;
  std::thread reader([&] {
    Position seen;
    while (seen < Position{kAppends} && in_time) {
      const Deadline deadline = patience();
      const Position head = store->head_watcher().wait_beyond(seen, deadline, {});
      in_time = head > seen;
      seen = head;
      ++wakes;
    }
  });
  for (std::uint64_t i = 0; i < kAppends; ++i) note(*store, "a");
  reader.join();
  EXPECT_TRUE(in_time) << "a reader was not woken";
  EXPECT_LE(wakes, kAppends) << "it was woken without news";
}

void watcher_wakes_every_reader(StoreFixture& fixture) {
  Subject store(fixture);
  std::atomic<int> woken = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      if (store->head_watcher().wait_beyond({0}, patience(), {}) == Position{1}) woken.fetch_add(1);
    });
  }
  note(*store, "a");
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(woken.load(), 4);
}

void watcher_wakes_on_stop(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  std::stop_source stop;
  Position head;
  std::thread reader(
      [&] { head = store->head_watcher().wait_beyond({1}, patience(), stop.get_token()); });
  stop.request_stop();
  const Instant before = system_clock().now();
  reader.join();
  EXPECT_EQ(head, Position{1});
  EXPECT_LT(system_clock().now() - before, std::chrono::seconds{50}) << "it waited to the end";
  EXPECT_EQ(store->head_watcher().wait_beyond({1}, patience(), stop.get_token()), Position{1})
      << "a stop that came before";
}

void watcher_wakes_on_close(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  const Instant before = system_clock().now();
  std::thread reader(
      [&] { static_cast<void>(store->head_watcher().wait_beyond({1}, patience(), {})); });
  EXPECT_THAT(store->close({}), IsOk());
  reader.join();
  EXPECT_LT(system_clock().now() - before, std::chrono::seconds{50}) << "it waited to the end";
}

constexpr Clause kClauses[] = {
    {"HeadIsTheLastPosition", head_is_the_last_position},
    {"WatcherKnowsWhatIsPast", watcher_knows_what_is_past},
    {"WatcherGivesUpAtItsDeadline", watcher_gives_up_at_its_deadline},
    {"WatcherWakesOnAppends", watcher_wakes_on_appends},
    {"WatcherWakesEveryReader", watcher_wakes_every_reader},
    {"WatcherWakesOnStop", watcher_wakes_on_stop},
    {"WatcherWakesOnClose", watcher_wakes_on_close},
};

}  // namespace

std::span<const Clause> head_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
