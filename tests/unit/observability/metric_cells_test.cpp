#include "eventcore/detail/metric_cells.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "cell_space.hpp"
#include "eventcore/observability/metric_registry.hpp"

namespace eventcore::observability {
namespace {

constexpr double kBounds[] = {1, 10, 100};
constexpr MetricDescription kHits{.name = "hits_total", .help = "Hits."};
constexpr MetricDescription kLevel{.name = "level", .kind = MetricKind::Gauge, .help = "Level."};
constexpr MetricDescription kSize{
    .name = "size", .kind = MetricKind::Histogram, .buckets = kBounds, .help = "Sizes."};
constexpr LabelDescription kByName[] = {{"name"}};
constexpr MetricDescription kNamed{.name = "named_total", .labels = kByName, .help = "Named."};

TEST(MetricCells, LoseNothingWhenThreadsComeAndGo) {
  constexpr int kThreads = 1'000;
  constexpr int kUpdates = 100;
  MetricRegistry registry;
  const auto hits = registry.add<Counter>(kHits).value();
  const auto size = registry.add<Histogram>(kSize).value();
  const auto named = registry.add<DynamicFamily<Counter, 1>>(kNamed).value();
  std::atomic<bool> done = false;
  std::thread reader([&] {
    double last = 0;
    while (!done) {
      const MetricsSnapshot snapshot = registry.snapshot();
      const double seen = snapshot.value("hits_total").value();
      EXPECT_GE(seen, last);
      last = seen;
    }
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int update = 0; update < kUpdates; ++update) {
        hits.increment();
        size.record(update);
        named.with(std::to_string(i % 4)).increment();
      }
    });
    if (threads.size() == 50) {
      for (std::thread& thread : threads) thread.join();
      threads.clear();
    }
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  reader.join();
  const MetricsSnapshot snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.value("hits_total"), kThreads * kUpdates);
  EXPECT_EQ(snapshot.histogram("size").count(), std::uint64_t{kThreads} * kUpdates);
  EXPECT_EQ(snapshot.histogram("size").sum, kThreads * (kUpdates * (kUpdates - 1) / 2.0));
  EXPECT_EQ(snapshot.value("named_total", {{"name", "0"}}), kThreads / 4 * kUpdates);
}

TEST(MetricCells, GoFromAThreadThatEndsToOneThatBegins) {
  MetricRegistry registry;
  const auto hits = registry.add<Counter>(kHits).value();
  std::thread([&] { hits.increment(); }).join();
  const std::size_t blocks = detail::CellSpace::get().blocks().size();
  for (int i = 0; i < 100; ++i) std::thread([&] { hits.increment(); }).join();
  EXPECT_EQ(detail::CellSpace::get().blocks().size(), blocks);
  EXPECT_EQ(registry.snapshot().value("hits_total"), 101);
}

TEST(MetricCells, StartFromZeroForASeriesThatTakesThemOver) {
  MetricRegistry registry;
  const auto named = registry.add<DynamicFamily<Counter, 1>>(kNamed).value();
  std::uint32_t first_slot = 0;
  {
    const auto bound = named.bind("a");
    bound->add(5);
    std::thread([&] { bound->add(7); }).join();
    first_slot = detail::CellSpace::get().allocate(1).value();
    detail::CellSpace::get().release(first_slot, 1);
    EXPECT_EQ(registry.snapshot().value("named_total", {{"name", "a"}}), 12);
  }
  const auto fresh = named.bind("b");
  const auto another = named.bind("c");
  EXPECT_EQ(registry.snapshot().value("named_total", {{"name", "b"}}), 0);
  EXPECT_EQ(registry.snapshot().value("named_total", {{"name", "c"}}), 0);
}

// A page in the making holds the series that it has seen: their cells go to nobody else.
TEST(MetricCells, AreNotReusedWhileAPageIsMade) {
  MetricRegistry registry;
  const auto named = registry.add<DynamicFamily<Counter, 1>>(kNamed).value();
  std::optional<Bound<Counter>> bound = named.bind("a");
  (*bound)->add(5);
  std::barrier in_page(2);
  std::barrier changed(2);
  // Families are read in the order of their names: the callback runs before `named_total` is.
  const auto observer =
      registry
          .observe({.name = "a_gauge", .kind = MetricKind::Gauge, .help = "First."},
                   [&](Observations& out) {
                     in_page.arrive_and_wait();
                     changed.arrive_and_wait();
                     out.report(1);
                   })
          .value();
  std::thread scrape([&] {
    const MetricsSnapshot snapshot = registry.snapshot();
    EXPECT_EQ(snapshot.value("named_total", {{"name", "b"}}), 3);
  });
  in_page.arrive_and_wait();
  // A page that is held up holds up nobody who counts, starts to count, or makes series.
  bound.reset();
  const auto fresh = named.bind("b");
  std::thread([&] { fresh->add(3); }).join();
  changed.arrive_and_wait();
  scrape.join();
}

/// Runs `check` in a forked child and returns its exit status.
template <class Check>
int in_child(const Check& check) {
  const pid_t child = fork();
  if (child == 0) _exit(check() ? 0 : 1);
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(MetricCells, BeginAtZeroInAForkedChildWhereGaugesStay) {
  MetricRegistry registry;
  const auto hits = registry.add<Counter>(kHits).value();
  const auto level = registry.add<Gauge>(kLevel).value();
  const auto size = registry.add<Histogram>(kSize).value();
  hits.add(5);
  level.set(7);
  size.record(3);
  const Timestamp created = registry.snapshot().find("hits_total")->series[0].created;
  EXPECT_EQ(in_child([&] {
              hits.increment();
              std::thread([&] { hits.increment(); }).join();
              const MetricsSnapshot snapshot = registry.snapshot();
              const auto later = registry.add<DynamicFamily<Counter, 1>>(kNamed);
              return snapshot.value("hits_total") == 2 && snapshot.value("level") == 7 &&
                     snapshot.histogram("size").count() == 0 && later.has_value() &&
                     snapshot.find("hits_total")->series[0].created > created;
            }),
            0);
  EXPECT_EQ(registry.snapshot().value("hits_total"), 5);
}

TEST(MetricCells, ForkWhileOthersRegisterAndCount) {
#ifdef __SANITIZE_ADDRESS__
  // A child inherits the allocator's locks as the other thread held them: glibc's allocator is
  // made for that, and ThreadSanitizer's.
  GTEST_SKIP() << "AddressSanitizer's allocator can't be used in the fork of a busy process";
#endif
  MetricRegistry registry;
  const auto named = registry.add<DynamicFamily<Counter, 1>>(kNamed).value();
  std::atomic<bool> done = false;
  std::thread busy([&] {
    for (int i = 0; !done; ++i) {
      const auto bound = named.bind(std::to_string(i % 50));
      bound->increment();
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(in_child([&] {
                named.with("child").increment();
                return registry.snapshot().value("named_total", {{"name", "child"}}) == 1;
              }),
              0);
  }
  done = true;
  busy.join();
}

}  // namespace
}  // namespace eventcore::observability
