#include "rank_tests.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace eventcore::monitor::detail {

namespace {

/// Up to these sizes all outcomes are counted; past them the normal approximation is as good.
constexpr std::size_t kExactPairs = 60;
constexpr std::size_t kExactSamples = 60;

/// Two-sided, of a normal deviate.
double p_of(double deviate) { return std::erfc(std::abs(deviate) / std::numbers::sqrt2); }

/// The deviate that is passed in either direction with probability `p`.
double deviate_of(double p) {
  double low = 0;
  double high = 40;
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    (p_of(middle) > p ? low : high) = middle;
  }
  return low;
}

/// Twice the ranks: whole numbers, ties or not.
std::vector<std::size_t> doubled(std::span<const double> ranks) {
  std::vector<std::size_t> result;
  for (const double rank : ranks) result.push_back(static_cast<std::size_t>(std::lround(2 * rank)));
  return result;
}

/// The two-sided p-value of `observed` among outcomes that `weights` count.
double p_among(std::span<const double> weights, std::size_t observed) {
  double total = 0;
  double below = 0;
  double above = 0;
  for (std::size_t sum = 0; sum < weights.size(); ++sum) {
    total += weights[sum];
    if (sum <= observed) below += weights[sum];
    if (sum >= observed) above += weights[sum];
  }
  return std::min(1.0, 2 * std::min(below, above) / total);
}

/// Over all choices of signs.
double exact_signed(std::span<const double> ranks, double positive) {
  const std::vector<std::size_t> steps = doubled(ranks);
  std::vector<double> ways(std::accumulate(steps.begin(), steps.end(), std::size_t{0}) + 1, 0.0);
  ways[0] = 1;
  for (const std::size_t step : steps) {
    for (std::size_t sum = ways.size(); sum-- > step;) ways[sum] += ways[sum - step];
  }
  return p_among(ways, static_cast<std::size_t>(std::lround(2 * positive)));
}

/// Over all ways to take as many of the ranks as the second set has.
double exact_choice(std::span<const double> ranks, std::size_t chosen, double rank_sum) {
  const std::vector<std::size_t> steps = doubled(ranks);
  const std::size_t sums = std::accumulate(steps.begin(), steps.end(), std::size_t{0}) + 1;
  std::vector<std::vector<double>> ways(chosen + 1, std::vector<double>(sums, 0.0));
  ways[0][0] = 1;
  for (const std::size_t step : steps) {
    for (std::size_t k = chosen; k > 0; --k) {
      for (std::size_t sum = sums; sum-- > step;) ways[k][sum] += ways[k - 1][sum - step];
    }
  }
  return p_among(ways[chosen], static_cast<std::size_t>(std::lround(2 * rank_sum)));
}

/// The sum of t^3 - t over groups of t equal values.
double ties_of(std::span<const double> values) {
  double ties = 0;
  for (const double t : tie_groups(values)) ties += t * t * t - t;
  return ties;
}

double p_of_sum(double sum, double mean, double variance) {
  const double distance = std::max(0.0, std::abs(sum - mean) - 0.5);
  return variance > 0 ? p_of(distance / std::sqrt(variance)) : 1;
}

}  // namespace

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> result(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) result[order[k]] = static_cast<double>(i + end + 1) / 2;
    i = end;
  }
  return result;
}

std::vector<double> tie_groups(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> groups;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i + 1;
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end - i > 1) groups.push_back(static_cast<double>(end - i));
    i = end;
  }
  return groups;
}

RankTest mann_whitney(std::span<const double> before, std::span<const double> after,
                      double variance_factor, double confidence) {
  std::vector<double> all(before.begin(), before.end());
  all.insert(all.end(), after.begin(), after.end());
  const std::vector<double> rank = ranks(all);
  const double sum =
      std::accumulate(rank.begin() + static_cast<std::ptrdiff_t>(before.size()), rank.end(), 0.0);
  const auto n = static_cast<double>(before.size());
  const auto m = static_cast<double>(after.size());
  const double free_variance = n * m * (n + m + 1) / 12;
  const double tie_share = ties_of(all) / ((n + m) * (n + m + 1) * (n + m - 1));
  const double variance = free_variance * variance_factor * (1 - tie_share);
  RankTest test;
  const bool counts = variance_factor == 1 && all.size() <= kExactSamples;
  test.p_value =
      counts ? exact_choice(rank, after.size(), sum) : p_of_sum(sum, m * (n + m + 1) / 2, variance);
  test.p_least = 2 * std::exp(std::lgamma(n + 1) + std::lgamma(m + 1) - std::lgamma(n + m + 1));
  if (!counts)
    test.p_least =
        std::max(test.p_least, p_of_sum(n * m, n * m / 2, free_variance * variance_factor));
  test.reach = deviate_of(1 - confidence) * std::sqrt(free_variance * variance_factor);
  return test;
}

RankTest signed_ranks(std::span<const double> differences, double confidence) {
  std::vector<double> sizes;
  std::vector<bool> is_positive;
  for (const double difference : differences) {
    if (difference == 0) continue;
    sizes.push_back(std::abs(difference));
    is_positive.push_back(difference > 0);
  }
  const auto all = static_cast<double>(differences.size());
  RankTest test;
  test.p_least = std::exp2(1 - all);
  test.reach = deviate_of(1 - confidence) * std::sqrt(all * (all + 1) * (2 * all + 1) / 24);
  if (sizes.empty()) return test;
  const std::vector<double> rank = ranks(sizes);
  double positive = 0;
  for (std::size_t i = 0; i < rank.size(); ++i) positive += is_positive[i] ? rank[i] : 0;
  const auto n = static_cast<double>(sizes.size());
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - ties_of(sizes) / 48;
  test.p_value = sizes.size() <= kExactPairs ? exact_signed(rank, positive)
                                             : p_of_sum(positive, n * (n + 1) / 4, variance);
  return test;
}

double series_inflation(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  if (values.size() < 8) return 1;
  const std::vector<double> rank = ranks(values);
  const double middle = (n + 1) / 2;
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < rank.size(); ++i) {
    squares += (rank[i] - middle) * (rank[i] - middle);
    if (i > 0) products += (rank[i] - middle) * (rank[i - 1] - middle);
  }
  if (squares <= 0) return 1;
  // Short series look less alike than they are: the bias of the estimate is added back.
  const double alike = std::clamp((products / squares + 1.5 / n) / (1 - 4 / n), 0.0, 0.95);
  // The estimate is itself uncertain, which the last factor makes up for; found by simulation.
  return (1 + alike) / (1 - alike) * (1 + 15 / n);
}

}  // namespace eventcore::monitor::detail
