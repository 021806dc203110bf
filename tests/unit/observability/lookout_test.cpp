#include "lookout.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::observability::detail {
namespace {

using namespace std::chrono_literals;

class LookoutTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<Lookout> with_patience(std::chrono::nanoseconds patience) const {
    return std::make_shared<Lookout>(clock, patience);
  }

  eventcore::testing::ManualClock clock;
  // Nobody waits that long, but a test that fails.
  std::shared_ptr<Lookout> lookout = with_patience(60s);
};

TEST_F(LookoutTest, LooksWhenAskedAndAgainWhenTheValueIsTooOld) {
  std::atomic<int> reads = 0;
  Looked<int> looked(lookout, clock, 10s, [&] { return std::optional(++reads); });
  EXPECT_EQ(reads, 0);
  EXPECT_FALSE(looked.age().has_value());
  EXPECT_EQ(looked.get(), 1);
  clock.advance(9s);
  EXPECT_EQ(looked.get(), 1);
  EXPECT_EQ(looked.age(), 9s);
  clock.advance(1s);
  EXPECT_EQ(looked.get(), 2);
  EXPECT_EQ(looked.age(), 0s);
}

TEST_F(LookoutTest, LooksOnAnotherThread) {
  std::thread::id looker;
  Looked<int> looked(lookout, clock, 10s, [&] {
    looker = std::this_thread::get_id();
    return std::optional(1);
  });
  EXPECT_EQ(looked.get(), 1);
  EXPECT_NE(looker, std::this_thread::get_id());
}

TEST_F(LookoutTest, OneQuestionHasEverythingLookedAt) {
  int first_reads = 0;
  int second_reads = 0;
  Looked<int> first(lookout, clock, 10s, [&] { return std::optional(++first_reads); });
  Looked<int> second(lookout, clock, 10s, [&] { return std::optional(++second_reads); });
  EXPECT_EQ(first.get(), 1);
  EXPECT_EQ(second_reads, 1);
  EXPECT_EQ(second.get(), 1);
}

TEST_F(LookoutTest, WhatIsAddedLaterIsLookedAtAtOnce) {
  Looked<int> first(lookout, clock, 10s, [] { return std::optional(1); });
  EXPECT_EQ(first.get(), 1);
  Looked<int> second(lookout, clock, 10s, [] { return std::optional(2); });
  EXPECT_EQ(second.get(), 2);
}

TEST_F(LookoutTest, KeepsTheLastValueWhileLookingFails) {
  int reads = 0;
  Looked<int> looked(lookout, clock, 10s, [&]() -> std::optional<int> {
    if (++reads == 3) throw std::runtime_error("no");
    if (reads > 1) return std::nullopt;
    return 7;
  });
  EXPECT_EQ(looked.get(), 7);
  for (int failed = 1; failed <= 2; ++failed) {
    clock.advance(20s);
    EXPECT_EQ(looked.get(), 7);
    EXPECT_EQ(looked.age(), failed * 20s);
    EXPECT_EQ(reads, 1 + failed);
  }
}

TEST_F(LookoutTest, WhoAsksWaitsNoLongerThanItsPatienceForALookThatHangs) {
  const auto impatient = with_patience(1ms);
  std::promise<void> may_end;
  std::shared_future<void> ended = may_end.get_future();
  Looked<int> hanging(impatient, clock, 10s, [&] {
    ended.wait();
    return std::optional(1);
  });
  Looked<int> behind(impatient, clock, 10s, [] { return std::optional(2); });
  EXPECT_EQ(hanging.get(), std::nullopt);
  EXPECT_EQ(behind.get(), std::nullopt) << "it has its turn later";
  may_end.set_value();
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!behind.age() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(hanging.get(), 1);
  EXPECT_EQ(behind.get(), 2);
}

TEST_F(LookoutTest, TheEndOfAValueWaitsForItsLook) {
  const auto impatient = with_patience(0ms);
  std::promise<void> begun;
  std::promise<void> may_end;
  std::atomic<bool> done = false;
  auto looked = std::make_unique<Looked<int>>(impatient, clock, 10s, [&] {
    begun.set_value();
    may_end.get_future().wait();
    done = true;
    return std::optional(1);
  });
  static_cast<void>(looked->get());
  begun.get_future().wait();
  std::jthread ending([&] {
    looked.reset();
    EXPECT_TRUE(done);
  });
  may_end.set_value();
}

}  // namespace
}  // namespace eventcore::observability::detail
