#include "eventcore/detail/head_signal.hpp"

#include <gtest/gtest.h>

#include <future>
#include <limits>
#include <thread>
#include <vector>

#include "eventcore/testing/matchers.hpp"

namespace eventcore::detail {
namespace {

const Deadline kPast{Instant{}};

std::future<Position> waiter(HeadSignal& signal, Position seen, std::stop_token stop = {}) {
  return std::async(std::launch::async,
                    [&signal, seen, stop] { return signal.wait_beyond(seen, {}, stop); });
}

TEST(HeadSignal, ReturnsAtOnceWhenTheHeadIsPast) {
  HeadSignal signal({5});
  EXPECT_EQ(signal.wait_beyond({4}, {}, {}), Position{5});
}

TEST(HeadSignal, OnlyMovesForward) {
  HeadSignal signal;
  signal.publish({7});
  signal.publish({3});
  EXPECT_EQ(signal.head(), Position{7});
}

TEST(HeadSignal, WakesWhoWaits) {
  HeadSignal signal;
  auto first = waiter(signal, {0});
  auto second = waiter(signal, {0});
  signal.publish({1});
  EXPECT_EQ(first.get(), Position{1});
  EXPECT_EQ(second.get(), Position{1});
}

TEST(HeadSignal, WaitsUntilTheHeadIsPastWhatWasSeen) {
  HeadSignal signal;
  auto patient = waiter(signal, {2});
  signal.publish({1});
  signal.publish({2});
  signal.publish({3});
  EXPECT_EQ(patient.get(), Position{3});
}

TEST(HeadSignal, EndsAtTheDeadline) {
  HeadSignal signal({5});
  EXPECT_EQ(signal.wait_beyond({5}, kPast, {}), Position{5});
  EXPECT_EQ(signal.wait_beyond({5}, Deadline::after(std::chrono::milliseconds{1}), {}),
            Position{5});
}

TEST(HeadSignal, EndsWhenStopped) {
  HeadSignal signal;
  std::stop_source stop;
  auto stopped = waiter(signal, {0}, stop.get_token());
  stop.request_stop();
  EXPECT_EQ(stopped.get(), Position{0});
  EXPECT_EQ(signal.wait_beyond({0}, {}, stop.get_token()), Position{0}) << "stopped before";
}

TEST(HeadSignal, EndsWhenClosedAlsoLater) {
  HeadSignal signal;
  auto waiting = waiter(signal, {0});
  signal.close();
  EXPECT_EQ(waiting.get(), Position{0});
  EXPECT_EQ(signal.wait_beyond({0}, {}, {}), Position{0});
}

TEST(HeadSignal, SaysWhetherSomebodyMayWait) {
  HeadSignal signal;
  EXPECT_FALSE(signal.advance({1}));
  constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
  auto waiting = waiter(signal, {kEnd - 1});
  std::uint64_t head = 1;
  while (!signal.advance({++head})) std::this_thread::yield();
  signal.publish({kEnd});
  EXPECT_EQ(waiting.get(), Position{kEnd});
}

// Each step waits for the other side: one lost wake-up and the test never ends.
TEST(HeadSignal, LosesNoWakeUp) {
  constexpr std::uint64_t kSteps = 20'000;
  HeadSignal there;
  HeadSignal back;
  std::thread echo([&] {
    for (std::uint64_t i = 0; i < kSteps; ++i) {
      back.publish(there.wait_beyond({i}, {}, {}));
    }
  });
  for (std::uint64_t i = 0; i < kSteps; ++i) {
    there.publish({i + 1});
    ASSERT_EQ(back.wait_beyond({i}, {}, {}), Position{i + 1});
  }
  echo.join();
}

}  // namespace
}  // namespace eventcore::detail
