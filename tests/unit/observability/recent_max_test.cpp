#include "recent_max.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace eventcore::observability::detail {
namespace {

using namespace std::chrono_literals;

constexpr Instant kStart = Instant{} + 1h;

TEST(RecentMax, KeepsTheGreatestForTwoWindowsAtLeast) {
  RecentMax recent(10s);
  EXPECT_EQ(recent.read(kStart), 0ns);
  recent.record(5ms, kStart);
  recent.record(3ms, kStart + 1s);
  EXPECT_EQ(recent.read(kStart + 1s), 5ms);
  recent.record(4ms, kStart + 12s);
  EXPECT_EQ(recent.read(kStart + 12s), 5ms);
  EXPECT_EQ(recent.read(kStart + 29s), 5ms);
  EXPECT_EQ(recent.read(kStart + 30s), 4ms);
  EXPECT_EQ(recent.read(kStart + 40s), 0ns);
}

TEST(RecentMax, ForgetsAfterAPauseOfAnyLength) {
  RecentMax recent(10s);
  recent.record(5ms, kStart);
  for (const auto pause : {30s, 31s, 60s, 3'600s, 100'000'000s}) {
    EXPECT_EQ(recent.read(kStart + pause), 0ns) << pause.count();
  }
}

TEST(RecentMax, ALateReportHasNoEffectOnALaterWindow) {
  RecentMax recent(10s);
  recent.record(2ms, kStart + 30s);
  recent.record(9ms, kStart);  // the same cell, three windows earlier
  EXPECT_EQ(recent.read(kStart + 30s), 2ms);
  recent.record(7ms, kStart + 20s);
  EXPECT_EQ(recent.read(kStart + 30s), 7ms) << "of the window before it does count";
}

TEST(RecentMax, BoundsWhatItIsGiven) {
  RecentMax recent(10s);
  recent.record(-5ms, kStart);
  EXPECT_EQ(recent.read(kStart), 0ns);
  recent.record(24h, kStart);
  EXPECT_GT(recent.read(kStart), 18min);
  EXPECT_LT(recent.read(kStart), 19min);
}

TEST(RecentMax, AgreesWithAModelHoweverLateTheClockBegan) {
  constexpr unsigned kSeed = 4711;
  for (const auto start : {Instant{} + 15s, Instant{} + 2'500 * 24h, Instant{} + 12'000 * 24h}) {
    RecentMax recent(15s);
    std::map<std::int64_t, std::chrono::nanoseconds> windows;
    std::mt19937_64 random(kSeed);
    Instant now = start;
    for (int step = 0; step < 5'000; ++step) {
      now += std::chrono::milliseconds(random() % 4'000);
      const std::chrono::nanoseconds value(random() % 1'000'000);
      const std::int64_t window = now.time_since_epoch() / 15s;
      recent.record(value, now);
      windows[window] = std::max(windows[window], value);
      std::chrono::nanoseconds expected{};
      for (std::int64_t i = window - 2; i <= window; ++i) {
        if (windows.contains(i)) expected = std::max(expected, windows[i]);
      }
      ASSERT_EQ(recent.read(now), expected) << "step " << step << ", seed " << kSeed;
    }
  }
}

TEST(RecentMax, LosesNoMaximumUnderConcurrency) {
  RecentMax recent(10s);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&recent, t] {
      for (int i = 0; i < 10'000; ++i) recent.record(std::chrono::nanoseconds(i * 4 + t), kStart);
    });
  }
  threads.clear();
  EXPECT_EQ(recent.read(kStart), std::chrono::nanoseconds(9'999 * 4 + 3));
}

}  // namespace
}  // namespace eventcore::observability::detail
