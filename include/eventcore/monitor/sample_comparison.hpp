#pragma once

/// \file
/// `compare_samples`: whether a second set of measurements is worse than a first one, or only
/// wobbles.
///
/// The test is Mann and Whitney's, Wilcoxon's signed ranks for pairs; both as permutation tests
/// where samples are few, ties included, else by the normal approximation (E. L. Lehmann,
/// "Nonparametrics: Statistical Methods Based on Ranks", 1975). The size of the effect is Hodges
/// and Lehmann's shift (Annals of Mathematical Statistics 34, 1963) of logarithms: the ratio
/// between the levels, with the confidence interval that the test leaves. Seconds of one process
/// resemble their neighbours; for a `series` the variance is raised as a first-order process needs.
///
/// The usual mistake is to take `Same` for "equal": it says that nothing of `change_min` was shown.
/// `change_high` says what could hide in the noise.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace eventcore::monitor {

enum class Verdict : std::uint8_t {
  Same,
  Better,
  Worse,
  InsufficientData,  ///< So few samples that no difference whatever would be significant.
};

/// The name of `verdict` in snake case. Static storage.
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;

/// Which direction of a measure is the good one.
enum class Better : std::uint8_t {
  Lower,
  Higher,
  Neither,  ///< The measure is shown and never judged.
};
[[nodiscard]] std::string_view to_string(Better better) noexcept;

/// What counts as a difference.
struct ComparisonRules {
  double change_min = 0.05;       ///< Smaller changes are `Same`, however certain.
  double confidence_min = 0.99;   ///< Of a difference, in either direction.
  Better better = Better::Lower;  ///< `Neither` is always `Same`.
  double level_min = 1e-9;        ///< Above 0. Lower values count as this one.
  bool paired = false;            ///< Sample i of both was taken side by side; both have as many.
  bool series = false;  ///< Samples follow each other in one process: neighbours are alike.
};

/// An answer with its reasons. Changes are shares of the first level: 0.1 is 10 % up.
struct SampleComparison {
  Verdict verdict = Verdict::InsufficientData;
  std::size_t samples_before = 0;  ///< That are numbers.
  std::size_t samples_after = 0;
  double before = std::numeric_limits<double>::quiet_NaN();  ///< Median; not-a-number: none.
  double after = std::numeric_limits<double>::quiet_NaN();
  double change = 0;
  double change_low = 0;   ///< The change is between these two
  double change_high = 0;  ///< with `confidence_min`.
  double p_value = 1;      ///< How often chance alone differs so much, in either direction.
};

/// Compares `after` with `before`; not-a-number is no sample. Samples past `kComparedMax` are
/// dropped, the oldest first. Requires: `rules.paired` goes with spans of one length.
/// Cost: grows with the product of the lengths; 300 by 300 take some 5 ms.
[[nodiscard]] SampleComparison compare_samples(std::span<const double> before,
                                               std::span<const double> after,
                                               const ComparisonRules& rules = {});

/// Samples of each side that a comparison looks at.
inline constexpr std::size_t kComparedMax = 1'000;

/// So many pairs a comparison needs at least to reach `confidence_min`.
[[nodiscard]] std::size_t pairs_needed(double confidence_min) noexcept;

}  // namespace eventcore::monitor
