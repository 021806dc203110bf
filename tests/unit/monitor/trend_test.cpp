#include "eventcore/monitor/trend.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace eventcore::monitor {
namespace {

using std::chrono::seconds;

constexpr Timestamp kBegin{seconds{1'704'067'200}};

/// Samples a second apart.
template <class Value>
std::vector<TrendSample> series(int samples, Value value) {
  std::vector<TrendSample> result;
  for (int i = 0; i < samples; ++i) result.push_back({kBegin + seconds(i), value(i)});
  return result;
}

/// Noise around 100 with a coefficient of variation of 10 %; from `shift_at` on by a fifth higher.
struct Noise {
  double autocorrelation = 0;
  int samples = 0;
  int shift_at = std::numeric_limits<int>::max();
  double shift = 0.2;

  std::vector<TrendSample> make(std::mt19937_64& random) const {
    std::normal_distribution<double> normal;
    double state = normal(random);
    return series(samples, [&](int i) {
      state = autocorrelation * state +
              std::sqrt(1 - autocorrelation * autocorrelation) * normal(random);
      return 100 * (1 + (i >= shift_at ? shift : 0)) * (1 + 0.1 * state);
    });
  }
};

double share_of(Trend trend, const Noise& noise, int runs, unsigned seed) {
  std::mt19937_64 random(seed);
  int hits = 0;
  for (int i = 0; i < runs; ++i) hits += find_trend(noise.make(random)).trend == trend ? 1 : 0;
  return static_cast<double>(hits) / runs;
}

TEST(Trend, IsStableOfAConstant) {
  const TrendFinding finding = find_trend(series(100, [](int) { return 42.0; }));
  EXPECT_EQ(finding.trend, Trend::Stable);
  EXPECT_EQ(finding.change, 0);
  EXPECT_EQ(finding.confidence, 0);
  EXPECT_EQ(finding.samples, 100U);
}

TEST(Trend, IsStableOfZeros) {
  const TrendFinding finding = find_trend(series(100, [](int) { return 0.0; }));
  EXPECT_EQ(finding.trend, Trend::Stable);
  EXPECT_EQ(finding.change, 0);
}

TEST(Trend, FollowsARamp) {
  const auto up = find_trend(series(121, [](int i) { return 100 + 0.5 * i; }));
  EXPECT_EQ(up.trend, Trend::Increasing);
  EXPECT_NEAR(up.slope_per_minute, 30, 1e-9);
  EXPECT_NEAR(up.change, 0.6, 1e-9);
  EXPECT_GT(up.confidence, 0.999);
  EXPECT_FALSE(up.since) << "it is no step";
  EXPECT_EQ(up.from, kBegin);
  EXPECT_EQ(up.to, kBegin + seconds(120));
  EXPECT_EQ(find_trend(series(121, [](int i) { return 100 - 0.5 * i; })).trend, Trend::Decreasing);
}

TEST(Trend, IsStableBelowTheDeadBandHoweverCertain) {
  const auto finding = find_trend(series(200, [](int i) { return 100 + 0.04 * i; }));
  EXPECT_EQ(finding.trend, Trend::Stable);
  EXPECT_GT(finding.confidence, 0.999);
  EXPECT_NEAR(finding.change, 0.08, 0.001);
}

TEST(Trend, TellsSinceWhenThereIsAStep) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise(0, 1);
  const auto finding =
      find_trend(series(300, [&](int i) { return (i < 240 ? 100 : 138) + noise(random); }));
  EXPECT_EQ(finding.trend, Trend::Increasing);
  EXPECT_NEAR(finding.change, 0.38, 0.01);
  EXPECT_EQ(finding.since, kBegin + seconds(240));
}

TEST(Trend, HasANumberWhereItBeginsAtZero) {
  const auto step =
      find_trend(series(100, [](int i) { return i < 50 ? 0.0 : 0.05; }), {.level_min = 0.001});
  EXPECT_EQ(step.trend, Trend::Increasing);
  EXPECT_NEAR(step.change, 50, 1e-6);
  const auto without_floor = find_trend(series(100, [](int i) { return i < 50 ? 0.0 : 0.05; }));
  EXPECT_EQ(without_floor.trend, Trend::Increasing);
  EXPECT_TRUE(std::isfinite(without_floor.change));
  const auto back = find_trend(series(100, [](int i) { return i < 50 ? 0.05 : 0.0; }));
  EXPECT_EQ(back.trend, Trend::Decreasing);
  EXPECT_EQ(back.change, -1);
}

TEST(Trend, SeesErrorsThatAreRareBecomeFrequent) {
  const auto finding =
      find_trend(series(300, [](int i) { return i % (i < 150 ? 10 : 3) == 0 ? 0.1 : 0.0; }),
                 {.level_min = 0.001});
  EXPECT_EQ(finding.trend, Trend::Increasing);
}

TEST(Trend, IsNotTakenInByOutliers) {
  EXPECT_EQ(find_trend(series(120, [](int i) { return i > 115 ? 5000.0 : 100 + i % 3; })).trend,
            Trend::Stable);
}

TEST(Trend, AllowsGapsAndValuesThatAreMissing) {
  auto samples = series(200, [](int i) { return 100 + 0.5 * i; });
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i % 3 == 0) samples[i].value = std::numeric_limits<double>::quiet_NaN();
    if (i >= 100) samples[i].at += std::chrono::minutes(5);
    if (i >= 100) samples[i].value += 150;  // what the ramp has risen by in the gap
  }
  const TrendFinding finding = find_trend(samples);
  EXPECT_EQ(finding.trend, Trend::Increasing);
  EXPECT_NEAR(finding.slope_per_minute, 30, 1e-9);
  EXPECT_EQ(finding.samples, 133U);
}

TEST(Trend, NeedsAFewSamples) {
  const auto ramp = [](int i) { return 100.0 + 10 * i; };
  constexpr int kEnough = static_cast<int>(kTrendSamplesMin);
  EXPECT_EQ(find_trend({}).trend, Trend::InsufficientData);
  const TrendFinding few = find_trend(series(kEnough - 1, ramp));
  EXPECT_EQ(few.trend, Trend::InsufficientData);
  EXPECT_EQ(few.samples, kTrendSamplesMin - 1);
  EXPECT_EQ(find_trend(series(kEnough, ramp)).trend, Trend::Increasing);
}

TEST(Trend, AveragesLongSeries) {
  const TrendFinding finding = find_trend(series(5000, [](int i) { return 100 + 0.01 * i; }));
  EXPECT_EQ(finding.trend, Trend::Increasing);
  EXPECT_NEAR(finding.slope_per_minute, 0.6, 1e-9);
  EXPECT_EQ(finding.samples, 5000U);
}

TEST(Trend, RaisesFewFalseAlarmsInWhiteNoise) {
  for (const int samples : {30, 60, 120, 300}) {
    const int runs = samples > 200 ? 100 : 1000;
    const double calm = share_of(Trend::Stable, {.samples = samples}, runs, 1);
    EXPECT_GE(calm, 0.99) << samples;
  }
}

TEST(Trend, RaisesFewFalseAlarmsInCorrelatedNoise) {
  for (const int samples : {30, 60, 120, 180, 300, 600}) {
    const int runs = samples > 200 ? 100 : 1000;
    const double calm =
        share_of(Trend::Stable, {.autocorrelation = 0.5, .samples = samples}, runs, 2);
    EXPECT_GE(calm, 0.99) << samples;
  }
}

TEST(Trend, FindsAShiftOfAFifthWithinSixtySamples) {
  for (const double autocorrelation : {0.0, 0.5}) {
    for (const int samples : {180, 300, 600}) {
      const int runs = samples > 300 ? 40 : 150;
      Noise noise{autocorrelation, samples, samples - 60};
      EXPECT_GE(share_of(Trend::Increasing, noise, runs, 3), 0.95)
          << samples << " samples, " << autocorrelation;
      noise.shift = -0.2;
      EXPECT_GE(share_of(Trend::Decreasing, noise, runs, 4), 0.95)
          << samples << " samples, " << autocorrelation;
    }
  }
}

TEST(Trend, HasNames) {
  EXPECT_EQ(to_string(Trend::Increasing), "increasing");
  EXPECT_EQ(to_string(Trend::Decreasing), "decreasing");
  EXPECT_EQ(to_string(Trend::Stable), "stable");
  EXPECT_EQ(to_string(Trend::InsufficientData), "insufficient_data");
}

}  // namespace
}  // namespace eventcore::monitor
