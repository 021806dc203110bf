#pragma once

/// \file
/// `find_trend`: whether a series rises or falls, or only wobbles.
///
/// Direction and significance are Mann and Kendall's (ties counted). Samples of a service follow
/// each other too closely to count as independent, so the variance is corrected as by Hamed and
/// Rao, "A modified Mann-Kendall trend test for autocorrelated data", J. Hydrology 204 (1998), with
/// the autocorrelations of a first-order process, whose one coefficient is estimated from the ranks
/// of what is left when the trend is taken out. The slope is Theil and Sen's. Where a step fits the
/// series better than a line, as Pettitt's test places it, the change is that of the step.
///
/// The usual mistake is to read `Stable` as "nothing happened": it says that nothing of
/// consequence did that lasted.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "eventcore/clock.hpp"

namespace eventcore::monitor {

/// Where a series goes.
enum class Trend : std::uint8_t {
  Stable,
  Increasing,
  Decreasing,
  InsufficientData,  ///< Fewer than `kTrendSamplesMin` samples.
};

/// The name of `trend` in snake case. Static storage.
[[nodiscard]] std::string_view to_string(Trend trend) noexcept;

/// Below so many samples there is no answer.
inline constexpr std::size_t kTrendSamplesMin = 30;
/// Longer series are averaged to at most so many.
inline constexpr std::size_t kTrendSamplesMax = 600;

/// One value of a series. Not-a-number: there was none, such as a latency without commands.
struct TrendSample {
  Timestamp at{};
  double value = 0;
};

/// What counts as a trend.
struct TrendRules {
  double change_min = 0.1;       ///< Smaller changes are `Stable`.
  double confidence_min = 0.99;  ///< Less certain ones too.
  /// A level below it counts as this one when the change is put in relation to it, so that what
  /// begins at zero has a change that is a number.
  double level_min = 0;
};

/// An answer with its reasons.
struct TrendFinding {
  Trend trend = Trend::InsufficientData;
  std::size_t samples = 0;  ///< That had a value.
  Timestamp from{};         ///< The first of them;
  Timestamp to{};           ///< and the last.
  double slope_per_minute = 0;
  double before = 0;      ///< The level at the beginning,
  double after = 0;       ///< and at the end.
  double change = 0;      ///< From one to the other, relative to the first: 0.38 is 38 % up.
  double confidence = 0;  ///< That it is none by chance: 1 minus the two-sided p-value.
  std::optional<Timestamp> since;  ///< The first sample of the new level, if it is a step.
};

/// The trend of `samples`, in order of time. Gaps are allowed. Cost: grows with the square of the
/// samples up to `kTrendSamplesMax`; 300 take less than a millisecond.
[[nodiscard]] TrendFinding find_trend(std::span<const TrendSample> samples,
                                      const TrendRules& rules = {});

}  // namespace eventcore::monitor
