#include "eventcore/clock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "eventcore/testing/manual_clock.hpp"

namespace eventcore {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(SystemClock, DoesNotRunBackwards) {
  const Instant before = system_clock().now();
  EXPECT_GE(system_clock().now(), before);
}

/// Lets loads be over before the clock is read, which does not wait for them.
void await_loads() {
#if defined(__x86_64__)
  _mm_lfence();
#endif
}

TEST(SystemClock, RunsForwardForAllThreadsTogether) {
  std::atomic<std::int64_t> latest = 0;  // the latest time that any thread was told
  const auto watch = [&] {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    while (std::chrono::steady_clock::now() < until) {
      std::int64_t seen = latest.load();
      await_loads();
      const std::int64_t now = system_clock().now().time_since_epoch().count();
      ASSERT_GE(now, seen - 1'000);
      while (seen < now && !latest.compare_exchange_weak(seen, now)) {
      }
    }
  };
  std::thread other(watch);
  watch();
  other.join();
}

TEST(SystemClock, AgreesWithTheSteadyClock) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(1'200);
  for (auto before = std::chrono::steady_clock::now(); before < until;) {
    const Instant now = system_clock().now();
    const auto after = std::chrono::steady_clock::now();
    ASSERT_GE(now, before - std::chrono::microseconds(20));
    ASSERT_LE(now, after + std::chrono::microseconds(20));
    before = after;
  }
}

TEST(SystemClock, TellsTheTimeOfDay) {
  const auto expected = std::chrono::system_clock::now();
  EXPECT_LT(std::chrono::abs(system_clock().wall() - expected), std::chrono::minutes{1});
}

TEST(Deadline, NeverExpiresByDefault) {
  const testing::ManualClock clock;
  EXPECT_TRUE(Deadline{}.is_never());
  EXPECT_FALSE(Deadline{}.expired(clock));
}

TEST(Deadline, ExpiresAtItsInstant) {
  testing::ManualClock clock;
  const Deadline deadline = Deadline::after(seconds{5}, clock);
  EXPECT_FALSE(deadline.is_never());
  clock.advance(seconds{5} - nanoseconds{1});
  EXPECT_FALSE(deadline.expired(clock));
  clock.advance(nanoseconds{1});
  EXPECT_TRUE(deadline.expired(clock));
}

TEST(Deadline, PastTheEndOfTimeIsNever) {
  const testing::ManualClock clock;
  EXPECT_TRUE(Deadline::after(nanoseconds::max(), clock).is_never());
  EXPECT_TRUE(Deadline::after(Instant::max() - clock.now(), clock).is_never());
  EXPECT_FALSE(Deadline::after(Instant::max() - clock.now() - nanoseconds{1}, clock).is_never());
}

TEST(Deadline, InThePastHasExpired) {
  const testing::ManualClock clock;
  EXPECT_TRUE(Deadline::after(-seconds{1}, clock).expired(clock));
}

}  // namespace
}  // namespace eventcore
