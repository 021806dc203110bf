#pragma once

// Distributions of rank statistics under the hypothesis that nothing differs.

#include <cstddef>
#include <span>
#include <vector>

namespace eventcore::monitor::detail {

/// Where values lie.
[[nodiscard]] double median(std::vector<double> values);

/// Ranks from 1 in order of the values; equal values share the middle of theirs.
[[nodiscard]] std::vector<double> ranks(std::span<const double> values);

/// How many values are equal, for each value that occurs more than once.
[[nodiscard]] std::vector<double> tie_groups(std::span<const double> values);

/// What a test says: its p-value, two-sided, and how far from the middle of `n` ordered
/// differences the bounds of a confidence interval are.
struct RankTest {
  double p_value = 1;
  double p_least = 1;  // of the most extreme outcome that there is
  double reach = 0;    // for a confidence of `confidence`
};

/// Mann and Whitney's. `variance_factor` above 1 stands for samples that depend on each other.
[[nodiscard]] RankTest mann_whitney(std::span<const double> before, std::span<const double> after,
                                    double variance_factor, double confidence);

/// Wilcoxon's for paired `differences`. Differences of zero say nothing.
[[nodiscard]] RankTest signed_ranks(std::span<const double> differences, double confidence);

/// By how much the variance of a mean rank is above that of independent samples, for a series
/// whose neighbours are alike as in a first-order process; at least 1.
[[nodiscard]] double series_inflation(std::span<const double> values);

}  // namespace eventcore::monitor::detail
