#include "cached.hpp"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::observability::detail {
namespace {

using namespace std::chrono_literals;

TEST(Cached, ReadsAnewWhenItIsTooOld) {
  eventcore::testing::ManualClock clock;
  int reads = 0;
  Cached<int> cached(clock, 10s, [&] { return std::optional(++reads); });
  EXPECT_FALSE(cached.age().has_value());
  EXPECT_EQ(cached.get(), 1);
  clock.advance(9s);
  EXPECT_EQ(cached.get(), 1);
  EXPECT_EQ(cached.age(), 9s);
  clock.advance(1s);
  EXPECT_EQ(cached.get(), 2);
  EXPECT_EQ(cached.age(), 0s);
}

TEST(Cached, KeepsItsLastValueWhileReadingFails) {
  eventcore::testing::ManualClock clock;
  int reads = 0;
  Cached<int> cached(clock, 10s, [&]() -> std::optional<int> {
    if (++reads == 3) throw std::runtime_error("no");
    if (reads > 1) return std::nullopt;
    return 7;
  });
  EXPECT_EQ(cached.get(), 7);
  for (int failed = 1; failed <= 2; ++failed) {
    clock.advance(20s);
    EXPECT_EQ(cached.get(), 7);
    EXPECT_EQ(cached.age(), failed * 20s);
    EXPECT_EQ(reads, 1 + failed);
  }
}

TEST(Cached, GivesOthersTheOldValueMeanwhile) {
  eventcore::testing::ManualClock clock;
  std::promise<void> begun;
  std::promise<void> may_end;
  int reads = 0;
  Cached<int> cached(clock, 10s, [&] {
    if (++reads == 2) {
      begun.set_value();
      may_end.get_future().wait();
    }
    return std::optional(reads);
  });
  EXPECT_EQ(cached.get(), 1);
  clock.advance(10s);
  std::jthread slow([&] { EXPECT_EQ(cached.get(), 2); });
  begun.get_future().wait();
  EXPECT_EQ(cached.get(), 1);
  may_end.set_value();
  slow.join();
  EXPECT_EQ(cached.get(), 2);
  EXPECT_EQ(reads, 2);
}

}  // namespace
}  // namespace eventcore::observability::detail
