#include "eventcore/monitor/sample_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "eventcore/assert.hpp"
#include "rank_tests.hpp"

namespace eventcore::monitor {

namespace {

using detail::RankTest;

struct Samples {
  std::vector<double> before;  // logarithms
  std::vector<double> after;
  double mean_before = 0;  // of the values
  double mean_after = 0;
};

double mean(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<double> finite(std::span<const double> values) {
  std::vector<double> result;
  for (const double value : values) {
    if (std::isfinite(value)) result.push_back(value);
  }
  if (result.size() > kComparedMax) {
    result.erase(result.begin(), result.end() - std::ptrdiff_t{kComparedMax});
  }
  return result;
}

void take_logarithms(std::vector<double>& values, double level_min) {
  for (double& value : values) value = std::log(std::max(value, level_min));
}

/// The middle of ordered differences, and where the confidence interval ends.
struct Shift {
  double middle = 0;
  double low = 0;
  double high = 0;
};

Shift shift_of(std::vector<double> differences, double reach) {
  const auto last = static_cast<double>(differences.size() - 1);
  const auto at = [&](double index) {
    const auto place = differences.begin() + std::lround(std::clamp(index, 0.0, last));
    std::nth_element(differences.begin(), place, differences.end());
    return *place;
  };
  const double half = static_cast<double>(differences.size()) / 2;
  const double low = at(std::floor(half - reach));
  const double high = at(last - std::floor(half - reach));
  return {.middle = detail::median(std::move(differences)), .low = low, .high = high};
}

std::vector<double> walsh_averages(std::span<const double> values) {
  std::vector<double> averages;
  averages.reserve(values.size() * (values.size() + 1) / 2);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = i; j < values.size(); ++j) averages.push_back((values[i] + values[j]) / 2);
  }
  return averages;
}

std::vector<double> differences_of(const Samples& samples) {
  std::vector<double> differences;
  differences.reserve(samples.before.size() * samples.after.size());
  for (const double before : samples.before) {
    for (const double after : samples.after) differences.push_back(after - before);
  }
  return differences;
}

double factor_of(const Samples& samples) {
  const auto n = static_cast<double>(samples.before.size());
  const auto m = static_cast<double>(samples.after.size());
  return (detail::series_inflation(samples.before) / n +
          detail::series_inflation(samples.after) / m) /
         (1 / n + 1 / m);
}

void judge(const ComparisonRules& rules, const RankTest& test, SampleComparison& result) {
  result.p_value = test.p_value;
  if (test.p_least > 1 - rules.confidence_min) return;
  result.verdict = Verdict::Same;
  if (rules.better == Better::Neither || test.p_value > 1 - rules.confidence_min) return;
  if (std::abs(result.change) < rules.change_min) return;
  const bool is_up = result.change > 0;
  result.verdict = is_up == (rules.better == Better::Lower) ? Verdict::Worse : Verdict::Better;
}

void tell_change(const Shift& shift, const Samples& samples, double level_min, const RankTest& test,
                 double confidence, SampleComparison& result) {
  result.change = std::expm1(shift.middle);
  result.change_low = std::expm1(shift.low);
  result.change_high = std::expm1(shift.high);
  // Where most values are none, as of errors, the middle does not move, but the mean does.
  if (shift.middle == 0 && test.p_value <= 1 - confidence) {
    result.change =
        std::max(samples.mean_after, level_min) / std::max(samples.mean_before, level_min) - 1;
    result.change_low = std::min(result.change_low, result.change);
    result.change_high = std::max(result.change_high, result.change);
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::Same:
      return "same";
    case Verdict::Better:
      return "better";
    case Verdict::Worse:
      return "worse";
    case Verdict::InsufficientData:
      break;
  }
  return "insufficient_data";
}

std::string_view to_string(Better better) noexcept {
  switch (better) {
    case Better::Lower:
      return "lower";
    case Better::Higher:
      return "higher";
    case Better::Neither:
      break;
  }
  return "neither";
}

std::size_t pairs_needed(double confidence_min) noexcept {
  std::size_t pairs = 1;
  while (pairs < 64 && std::exp2(1 - static_cast<double>(pairs)) > 1 - confidence_min) ++pairs;
  return pairs;
}

SampleComparison compare_samples(std::span<const double> before, std::span<const double> after,
                                 const ComparisonRules& rules) {
  EVENTCORE_ASSERT(!rules.paired || before.size() == after.size(), "pairs have two sides");
  EVENTCORE_ASSERT(rules.level_min > 0, "levels are compared by their logarithms");
  Samples samples{.before = finite(before), .after = finite(after)};
  SampleComparison result{.samples_before = samples.before.size(),
                          .samples_after = samples.after.size()};
  if (!samples.before.empty()) result.before = detail::median(samples.before);
  if (!samples.after.empty()) result.after = detail::median(samples.after);
  if (samples.before.empty() || samples.after.empty()) return result;
  samples.mean_before = mean(samples.before);
  samples.mean_after = mean(samples.after);
  take_logarithms(samples.before, rules.level_min);
  take_logarithms(samples.after, rules.level_min);
  // A pair of which one side is missing makes no pair; then both are sets.
  const bool paired = rules.paired && samples.before.size() == before.size() &&
                      samples.after.size() == after.size();
  RankTest test;
  Shift shift;
  if (paired) {
    std::vector<double> differences;
    for (std::size_t i = 0; i < samples.before.size(); ++i) {
      differences.push_back(samples.after[i] - samples.before[i]);
    }
    test = detail::signed_ranks(differences, rules.confidence_min);
    shift = shift_of(walsh_averages(differences), test.reach);
  } else {
    const double factor = rules.series ? factor_of(samples) : 1;
    test = detail::mann_whitney(samples.before, samples.after, factor, rules.confidence_min);
    shift = shift_of(differences_of(samples), test.reach);
  }
  tell_change(shift, samples, rules.level_min, test, rules.confidence_min, result);
  judge(rules, test, result);
  return result;
}

}  // namespace eventcore::monitor
