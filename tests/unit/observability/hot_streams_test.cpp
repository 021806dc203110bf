#include "hot_streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "text_hash.hpp"

namespace eventcore::observability::detail {
namespace {

void write(HotStreams& hot, const std::string& stream, std::uint64_t version) {
  hot.update([&](SpaceSaving& sketch) { sketch.add_write(text_hash(stream), stream, version); });
}

TEST(HotStreams, ListsTheHottestFirst) {
  HotStreams hot(3);
  for (std::uint64_t stream = 1; stream <= 5; ++stream) {
    for (std::uint64_t i = 1; i <= stream; ++i) write(hot, "s-" + std::to_string(stream), i);
  }
  const auto list = hot.list();
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].stream, "s-5");
  EXPECT_EQ(list[0].count, 5U);
  EXPECT_EQ(list[0].version, 5U);
  EXPECT_EQ(list[2].stream, "s-3");
}

TEST(HotStreams, CanBeSwitchedOff) {
  HotStreams hot(0);
  write(hot, "a", 1);
  EXPECT_TRUE(hot.list().empty());
}

TEST(HotStreams, FindsTheHotAmongVeryManyNewStreams) {
  HotStreams hot(2);
  for (int i = 0; i < 50'000; ++i) {
    write(hot, "order-" + std::to_string(i), 1);
    if (i % 20 == 0) write(hot, "product-1", static_cast<std::uint64_t>(i));
    if (i % 40 == 0) write(hot, "product-2", static_cast<std::uint64_t>(i));
  }
  const auto list = hot.list();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].stream, "product-1");
  EXPECT_GE(list[0].count, 2'500U);
  EXPECT_LE(list[0].count - list[0].error, 2'500U);
  EXPECT_EQ(list[1].stream, "product-2");
}

TEST(HotStreams, AddsUpWhatThreadsHaveCounted) {
  constexpr int kThreads = 6;
  constexpr std::uint64_t kWrites = 2'000;
  HotStreams hot(10);
  std::atomic<int> readings = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&hot, t] {
        for (std::uint64_t i = 1; i <= kWrites; ++i) {
          write(hot, "shared", i);
          write(hot, "own-" + std::to_string(t), i);
          // Far more streams than places, so that each sketch has to let go of some.
          write(hot, "cold-" + std::to_string(t) + "-" + std::to_string(i), 1);
        }
      });
    }
    threads.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) readings += hot.list().empty() ? 0 : 1;
    });
    for (int t = 0; t < kThreads; ++t) threads[static_cast<std::size_t>(t)].join();
  }
  const auto list = hot.list();
  ASSERT_GE(list.size(), 1U + kThreads);
  EXPECT_EQ(list[0].stream, "shared");
  const std::uint64_t truth = kThreads * kWrites;
  EXPECT_GE(list[0].count + hot.lost(), truth);
  EXPECT_LE(list[0].count - list[0].error, truth);
  EXPECT_EQ(list[0].version, kWrites);
  for (int i = 1; i <= kThreads; ++i) {
    const StreamCount& own = list[static_cast<std::size_t>(i)];
    EXPECT_EQ(own.stream.substr(0, 4), "own-");
    EXPECT_GE(own.count + hot.lost(), kWrites);
    EXPECT_LE(own.count - own.error, kWrites);
  }
}

TEST(HotStreams, NeverWaitsForASketch) {
  constexpr int kSketches = 8;
  HotStreams hot(10);
  std::promise<void> may_end;
  const std::shared_future<void> end = may_end.get_future().share();
  std::vector<std::jthread> holders;
  for (int i = 0; i < kSketches; ++i) {
    std::promise<void> held;
    holders.emplace_back([&] {
      hot.update([&](SpaceSaving&) {
        held.set_value();
        end.wait();
      });
    });
    held.get_future().wait();
  }
  write(hot, "a", 1);
  EXPECT_EQ(hot.lost(), 1U);
  may_end.set_value();
  holders.clear();
  write(hot, "a", 1);
  EXPECT_EQ(hot.lost(), 1U);
  ASSERT_EQ(hot.list().size(), 1U);
  EXPECT_EQ(hot.list()[0].count, 1U);
}

}  // namespace
}  // namespace eventcore::observability::detail
