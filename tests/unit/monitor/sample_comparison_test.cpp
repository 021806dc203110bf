#include "eventcore/monitor/sample_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "rank_tests.hpp"

namespace eventcore::monitor {
namespace {

using Samples = std::vector<double>;

/// Noise around 100 with a coefficient of variation of 5 %.
struct Noise {
  std::size_t samples = 0;
  double level = 100;
  double autocorrelation = 0;
  double spread = 0.05;

  Samples make(std::mt19937_64& random) const {
    std::normal_distribution<double> normal;
    double state = normal(random);
    Samples result;
    for (std::size_t i = 0; i < samples; ++i) {
      state = autocorrelation * state +
              std::sqrt(1 - autocorrelation * autocorrelation) * normal(random);
      result.push_back(level * (1 + spread * state));
    }
    return result;
  }
};

double share_of(Verdict verdict, const Noise& before, const Noise& after, ComparisonRules rules,
                int runs, unsigned seed) {
  std::mt19937_64 random(seed);
  int hits = 0;
  for (int i = 0; i < runs; ++i) {
    const Samples first = before.make(random);
    const Samples second = after.make(random);
    hits += compare_samples(first, second, rules).verdict == verdict ? 1 : 0;
  }
  return static_cast<double>(hits) / runs;
}

TEST(RankTests, CountEveryOutcomeOfFewSamples) {
  // R: wilcox.test(c(1.1,2.2,3.3,4.4), c(5.5,6.6,7.7)): p = 0.05714 = 2/35.
  const Samples low{1.1, 2.2, 3.3, 4.4};
  const Samples high{5.5, 6.6, 7.7};
  EXPECT_NEAR(detail::mann_whitney(low, high, 1, 0.99).p_value, 2.0 / 35, 1e-12);
  EXPECT_NEAR(detail::mann_whitney(high, low, 1, 0.99).p_value, 2.0 / 35, 1e-12);
  EXPECT_NEAR(detail::mann_whitney(low, high, 1, 0.99).p_least, 2.0 / 35, 1e-12);
  // Of the 2^5 signs of ranks 1 to 5 three give a sum of 13 and more: 13 (without 2), 14, 15.
  const Samples differences{1, -2, 3, 4, 5};
  EXPECT_NEAR(detail::signed_ranks(differences, 0.99).p_value, 2 * 3.0 / 32, 1e-12);
  EXPECT_NEAR(detail::signed_ranks(differences, 0.99).p_least, 2.0 / 32, 1e-12);
}

TEST(RankTests, ShareRanksOfTies) {
  EXPECT_EQ(detail::ranks(Samples{3, 1, 3, 2}), (Samples{3.5, 1, 3.5, 2}));
  EXPECT_EQ(detail::mann_whitney(Samples{1, 1, 1}, Samples{1, 1, 1}, 1, 0.99).p_value, 1);
  EXPECT_EQ(detail::signed_ranks(Samples{0, 0, 0}, 0.99).p_value, 1);
  // {1, 1} and {1, 2}: of the 6 ways to take two of the four, 3 take the 2.
  EXPECT_NEAR(detail::mann_whitney(Samples{1, 1}, Samples{1, 2}, 1, 0.99).p_value, 1, 1e-12);
}

TEST(RankTests, AgreeWithTheNormalApproximationWhereItBegins) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20; ++i) {
    const Samples before = Noise{.samples = 30}.make(random);
    const Samples after = Noise{.samples = 30, .level = 102}.make(random);
    const double exact = detail::mann_whitney(before, after, 1, 0.99).p_value;
    const double approximate = detail::mann_whitney(before, after, 1 + 1e-12, 0.99).p_value;
    EXPECT_NEAR(exact, approximate, 0.01);
  }
}

TEST(SampleComparison, IsSameOfEqualSamples) {
  const Samples samples(20, 42.0);
  const SampleComparison result = compare_samples(samples, samples);
  EXPECT_EQ(result.verdict, Verdict::Same);
  EXPECT_EQ(result.change, 0);
  EXPECT_EQ(result.p_value, 1);
}

TEST(SampleComparison, TellsHowMuchAndInWhichDirection) {
  std::mt19937_64 random(5);
  const Samples before = Noise{.samples = 40}.make(random);
  Samples after = before;
  for (double& value : after) value *= 1.1;
  const SampleComparison worse = compare_samples(before, after, {.paired = true});
  EXPECT_EQ(worse.verdict, Verdict::Worse);
  EXPECT_NEAR(worse.change, 0.1, 1e-9);
  EXPECT_LE(worse.change_low, worse.change + 1e-12);
  EXPECT_GE(worse.change_high, worse.change - 1e-12);
  EXPECT_NEAR(worse.after / worse.before, 1.1, 1e-9);
  EXPECT_EQ(compare_samples(after, before, {.paired = true}).verdict, Verdict::Better);
  EXPECT_EQ(compare_samples(before, after, {.better = Better::Higher, .paired = true}).verdict,
            Verdict::Better);
  EXPECT_EQ(compare_samples(before, after, {.better = Better::Neither, .paired = true}).verdict,
            Verdict::Same);
}

TEST(SampleComparison, IsSameBelowTheChangeThatMatters) {
  std::mt19937_64 random(6);
  const Samples before = Noise{.samples = 200}.make(random);
  Samples after = before;
  for (double& value : after) value *= 1.04;
  const SampleComparison result = compare_samples(before, after);
  EXPECT_LT(result.p_value, 0.001);
  EXPECT_EQ(result.verdict, Verdict::Same);
}

TEST(SampleComparison, SaysThatFewSamplesSayNothing) {
  const Samples low{1, 2, 3};
  const Samples high{11, 12, 13};
  EXPECT_EQ(compare_samples(low, high).verdict, Verdict::InsufficientData);
  EXPECT_EQ(compare_samples(low, {}).verdict, Verdict::InsufficientData);
  EXPECT_EQ(compare_samples(low, high, {.paired = true}).verdict, Verdict::InsufficientData);
  EXPECT_EQ(pairs_needed(0.99), 8U);
  const Samples eight{1, 2, 3, 4, 5, 6, 7, 8};
  const Samples twice{2, 4, 6, 8, 10, 12, 14, 16};
  EXPECT_EQ(compare_samples(eight, twice, {.paired = true}).verdict, Verdict::Worse);
}

TEST(SampleComparison, CountsFromZero) {
  const Samples none(60, 0.0);
  Samples some(60, 0.0);
  for (std::size_t i = 0; i < some.size(); i += 3) some[i] = 0.05;
  const ComparisonRules rules{.level_min = 1e-3};
  const SampleComparison result = compare_samples(none, some, rules);
  EXPECT_EQ(result.verdict, Verdict::Worse) << "the middle did not move, but the mean did";
  EXPECT_GT(result.change, 1);
  EXPECT_EQ(compare_samples(none, none, rules).verdict, Verdict::Same);
}

TEST(SampleComparison, LeavesOutWhatIsNoNumber) {
  const double none = std::nan("");
  const Samples before{1, none, 2, 3};
  const SampleComparison result = compare_samples(before, Samples{none, none});
  EXPECT_EQ(result.samples_before, 3U);
  EXPECT_EQ(result.samples_after, 0U);
  EXPECT_EQ(result.before, 2);
  EXPECT_TRUE(std::isnan(result.after));
}

TEST(SampleComparison, RarelyErrsWhereNothingChanged) {
  // Without the threshold, so that the test alone decides.
  const ComparisonRules strict{.change_min = 0};
  const ComparisonRules paired{.change_min = 0, .paired = true};
  for (const std::size_t samples : {10, 20, 60, 200}) {
    const Noise noise{.samples = samples};
    EXPECT_LE(share_of(Verdict::Worse, noise, noise, strict, 1500, 21), 0.009) << samples;
    EXPECT_LE(share_of(Verdict::Worse, noise, noise, paired, 1500, 22), 0.009) << samples;
  }
}

TEST(SampleComparison, RarelyErrsOfSeriesWhoseNeighboursAreAlike) {
  const ComparisonRules rules{.change_min = 0, .series = true};
  for (const double autocorrelation : {0.0, 0.5, 0.7}) {
    for (const std::size_t samples : {30, 60, 120}) {
      const Noise noise{.samples = samples, .autocorrelation = autocorrelation};
      EXPECT_LE(share_of(Verdict::Worse, noise, noise, rules, 1500, 23), 0.01)
          << samples << " samples, autocorrelation " << autocorrelation;
    }
  }
  const Noise noise{.samples = 120, .autocorrelation = 0.7};
  EXPECT_GT(share_of(Verdict::Worse, noise, noise, {.change_min = 0}, 1500, 23), 0.05)
      << "what the correction is for";
}

TEST(SampleComparison, FindsATenth) {
  const Noise before{.samples = 20};
  const Noise after{.samples = 20, .level = 110};
  EXPECT_GE(share_of(Verdict::Worse, before, after, {}, 1000, 31), 0.98);
  EXPECT_GE(share_of(Verdict::Worse, before, after, {.paired = true}, 1000, 32), 0.95);
  EXPECT_GE(share_of(Verdict::Better, after, before, {}, 1000, 33), 0.98);
  const Noise long_before{.samples = 60, .autocorrelation = 0.5};
  const Noise long_after{.samples = 60, .level = 110, .autocorrelation = 0.5};
  EXPECT_GE(share_of(Verdict::Worse, long_before, long_after, {.series = true}, 1000, 34), 0.95);
}

TEST(SampleComparison, PairsAreTheBetterTestWhereTheMachineDrifts) {
  std::mt19937_64 random(41);
  int found_paired = 0;
  int found_unpaired = 0;
  int false_alarms = 0;
  constexpr int kRuns = 500;
  for (int run = 0; run < kRuns; ++run) {
    const Samples drift = Noise{.samples = 20, .autocorrelation = 0.9, .spread = 0.25}.make(random);
    const Samples noise_a = Noise{.samples = 20, .spread = 0.02}.make(random);
    const Samples noise_b = Noise{.samples = 20, .spread = 0.02}.make(random);
    Samples before;
    Samples after;
    Samples slower;
    for (std::size_t i = 0; i < drift.size(); ++i) {
      before.push_back(drift[i] * noise_a[i]);
      after.push_back(drift[i] * noise_b[i]);
      slower.push_back(after.back() * 1.1);
    }
    const ComparisonRules paired{.paired = true};
    found_paired += compare_samples(before, slower, paired).verdict == Verdict::Worse ? 1 : 0;
    found_unpaired += compare_samples(before, slower).verdict == Verdict::Worse ? 1 : 0;
    false_alarms += compare_samples(before, after, paired).verdict == Verdict::Worse ? 1 : 0;
  }
  EXPECT_GE(found_paired, kRuns * 99 / 100);
  EXPECT_LT(found_unpaired, kRuns / 2);
  EXPECT_EQ(false_alarms, 0);
}

}  // namespace
}  // namespace eventcore::monitor
