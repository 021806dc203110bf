#include "load/latency_histogram.hpp"

#include <gtest/gtest.h>

namespace shop {
namespace {

using namespace std::chrono_literals;

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

TEST(LatencyHistogram, FindsPercentilesWithinItsPrecision) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 1'000; ++i) histogram.record(i * 1ms);
  const LatencyCounts counts = histogram.counts();
  EXPECT_EQ(counts.total(), 1'000U);
  EXPECT_NEAR(milliseconds(counts.percentile(0.5)), 500, 35);
  EXPECT_NEAR(milliseconds(counts.percentile(0.95)), 950, 67);
  EXPECT_NEAR(milliseconds(counts.percentile(1)), 1'000, 70);
}

TEST(LatencyHistogram, TakesAnyDuration) {
  LatencyHistogram histogram;
  histogram.record(-1s);
  histogram.record(0ns);
  histogram.record(std::chrono::nanoseconds::max());
  EXPECT_EQ(histogram.counts().total(), 3U);
}

TEST(LatencyHistogram, TellsWhatHappenedInBetween) {
  LatencyHistogram histogram;
  histogram.record(1s);
  const LatencyCounts before = histogram.counts();
  histogram.record(1ms);
  const LatencyCounts between = histogram.counts() - before;
  EXPECT_EQ(between.total(), 1U);
  EXPECT_NEAR(milliseconds(between.percentile(0.99)), 1, 0.07);
  EXPECT_EQ((before - before).percentile(0.5), 0ns);
}

}  // namespace
}  // namespace shop
