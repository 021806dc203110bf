#include "active_streams.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <thread>
#include <vector>

namespace eventcore::observability::detail {
namespace {

using namespace std::chrono_literals;

std::uint64_t scattered(std::uint64_t n) { return (n + 1) * 0x9E3779B97F4A7C15U; }

TEST(ActiveStreams, AgreesWithAModel) {
  constexpr auto kWindow = 60s;
  constexpr unsigned kSeed = 4711;
  ActiveStreams active(kWindow, 100'000);
  std::map<std::uint64_t, Instant> last;
  std::mt19937_64 random(kSeed);
  Instant now = Instant{} + 1h;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 20 == 0) now += std::chrono::seconds(random() % 40);
    const std::uint64_t hash = scattered(random() % 3'000);
    active.touch(hash, now);
    last[hash] = now;
    if (step % 500 != 0) continue;
    const auto expected = std::count_if(
        last.begin(), last.end(), [&](const auto& entry) { return now - entry.second < kWindow; });
    ASSERT_EQ(active.count(now), static_cast<std::uint64_t>(expected))
        << "step " << step << ", seed " << kSeed;
  }
}

TEST(ActiveStreams, StopsAtItsLimitAndRecovers) {
  ActiveStreams active(10s, 160);
  Instant now = Instant{} + 1h;
  for (std::uint64_t i = 0; i < 10'000; ++i) active.touch(scattered(i), now);
  EXPECT_EQ(active.count(now), 160U);
  now += 10s;
  EXPECT_EQ(active.count(now), 0U);
  // Each touch removes some of those that have expired.
  for (std::uint64_t i = 0; i < 10'000; ++i) active.touch(scattered(20'000 + i), now);
  EXPECT_EQ(active.count(now), 160U);
}

TEST(ActiveStreams, ALateTouchTakesNothingBack) {
  ActiveStreams active(10s, 100);
  const Instant now = Instant{} + 1h;
  active.touch(scattered(1), now);
  active.touch(scattered(1), now - 5s);
  EXPECT_EQ(active.count(now + 9s), 1U);
  EXPECT_EQ(active.count(now + 10s), 0U);
}

TEST(ActiveStreams, CountsEachStreamOnceAcrossThreads) {
  ActiveStreams active(60s, 100'000);
  const Instant start = Instant{} + 1h;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int second = 0; second < 20; ++second) {
        for (std::uint64_t i = 0; i < 500; ++i) {
          active.touch(scattered(i), start + std::chrono::seconds(second));
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(active.count(start + 20s), 500U);
}

}  // namespace
}  // namespace eventcore::observability::detail
