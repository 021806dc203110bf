#include "eventcore/monitor/trend.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include "rank_tests.hpp"

namespace eventcore::monitor {

namespace {

using detail::median;
using detail::ranks;

/// By how much the variance of short series is raised: 1 plus this through the square of the
/// length.
constexpr double kShortSeries = 500;

/// A series that has a value everywhere. `minute` counts from the first sample.
struct Series {
  std::vector<double> minute;
  std::vector<double> value;

  [[nodiscard]] std::size_t size() const noexcept { return value.size(); }
};

/// Where values lie: their median; their mean if most are zero, as of errors that are rare.
double level(std::span<const double> values) {
  const double middle = median({values.begin(), values.end()});
  if (middle != 0) return middle;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Theil and Sen's slope and Mann and Kendall's S: both look at all pairs.
struct Pairs {
  double slope = 0;
  double s = 0;
};

Pairs compare_pairs(const Series& series) {
  Pairs result;
  std::vector<double> slopes;
  slopes.reserve(series.size() * (series.size() - 1) / 2);
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (std::size_t j = i + 1; j < series.size(); ++j) {
      const double rise = series.value[j] - series.value[i];
      const double run = series.minute[j] - series.minute[i];
      result.s += static_cast<double>(rise > 0) - static_cast<double>(rise < 0);
      if (run > 0) slopes.push_back(rise / run);
    }
  }
  if (!slopes.empty()) result.slope = median(std::move(slopes));
  return result;
}

/// Where the level of a series changes most, and by how many deviations: the split whose two sides
/// Mann and Whitney's statistic tells apart best.
struct Split {
  std::size_t at = 0;     // the first sample of the second level
  double z = 0;           // as of independent samples
  double chance_log = 0;  // see `p_of_split`
};

Split best_split(std::span<const double> values) {
  const std::size_t n = values.size();
  const std::size_t side = std::max(n / 20, std::min<std::size_t>(10, n / 4));
  const std::vector<double> rank = ranks(values);
  Split best{.at = n / 2};
  double sum = 0;
  for (std::size_t t = 1; t + side <= n; ++t) {
    sum += rank[t - 1];
    if (t < side) continue;
    const auto left = static_cast<double>(t);
    const auto right = static_cast<double>(n - t);
    const double u = sum - left * (left + right + 1) / 2;
    const double z = std::abs(u) / std::sqrt(left * right * (left + right + 1) / 12);
    if (z > best.z) best = {.at = t, .z = z};
  }
  best.chance_log = 2 * std::log(static_cast<double>(n - side) / static_cast<double>(side));
  return best;
}

/// How a series is explained: by a line, or by a step.
struct Model {
  double before = 0;
  double after = 0;
  std::vector<double> residuals;

  [[nodiscard]] double misfit() const {
    double sum = 0;
    for (const double residual : residuals) sum += std::abs(residual);
    return sum;
  }
};

Model line_through(const Series& series, double slope) {
  Model model;
  for (std::size_t i = 0; i < series.size(); ++i) {
    model.residuals.push_back(series.value[i] - slope * series.minute[i]);
  }
  model.before = median(model.residuals);
  model.after = model.before + slope * series.minute.back();
  for (double& residual : model.residuals) residual -= model.before;
  return model;
}

Model step_in(const Series& series, std::size_t at) {
  Model model;
  const std::span<const double> values(series.value);
  model.before = level(values.first(at));
  model.after = level(values.subspan(at));
  for (std::size_t i = 0; i < values.size(); ++i) {
    model.residuals.push_back(values[i] - (i < at ? model.before : model.after));
  }
  return model;
}

/// The correlation of neighbours, from ranks and as of a normal distribution, without the bias of
/// short series whose trend was estimated too. Neighbours across a gap are no neighbours.
double autocorrelation(const Series& series, std::span<const double> residuals) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < series.size(); ++i) {
    steps.push_back(series.minute[i] - series.minute[i - 1]);
  }
  const double gap = 1.5 * median(steps);
  const std::vector<double> rank = ranks(residuals);
  const auto n = static_cast<double>(rank.size());
  const double middle = (n + 1) / 2;
  double squares = 0;
  double products = 0;
  double neighbours = 0;
  for (std::size_t i = 0; i < rank.size(); ++i) {
    squares += (rank[i] - middle) * (rank[i] - middle);
    if (i == 0 || steps[i - 1] > gap) continue;
    products += (rank[i] - middle) * (rank[i - 1] - middle);
    ++neighbours;
  }
  if (squares <= 0 || neighbours == 0) return 0;
  const double of_ranks = std::clamp(products / neighbours / (squares / n), -1.0, 1.0);
  const double of_values = 2 * std::sin(std::numbers::pi * of_ranks / 6);
  return std::clamp((of_values + 2 / n) / (1 - 4 / n), 0.0, 0.95);
}

/// By how much Hamed and Rao's variance of S is above that of independent samples.
double inflation(double correlation, double n) {
  double sum = 0;
  double power = correlation;
  for (double k = 1; k < n - 2 && power > 1e-4; ++k, power *= correlation) {
    const double of_ranks = 6 / std::numbers::pi * std::asin(power / 2);
    sum += (n - k) * (n - k - 1) * (n - k - 2) * of_ranks;
  }
  return 1 + 2 / (n * (n - 1) * (n - 2)) * sum;
}

double p_of_trend(double s, const Series& series, double variance_factor) {
  const auto n = static_cast<double>(series.size());
  double ties = 0;
  for (const double t : detail::tie_groups(series.value)) ties += t * (t - 1) * (2 * t + 5);
  const double variance = (n * (n - 1) * (2 * n + 5) - ties) / 18 * variance_factor;
  if (variance <= 0 || s == 0) return 1;
  return std::erfc((std::abs(s) - 1) / std::sqrt(2 * variance));
}

/// Of the greatest of many statistics: Miller and Siegmund's approximation.
double p_of_split(const Split& split, double variance_factor) {
  const double z = split.z / std::sqrt(variance_factor);
  if (z < 2) return 1;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  return std::min(1.0, density * ((z - 1 / z) * split.chance_log + 4 / z));
}

/// Two tests were made. Estimates of the autocorrelation from short series are often too low, which
/// the last factor makes up for; it was found by simulation.
double confidence_of(const Pairs& pairs, const Split& split, const Series& series,
                     const Model& model) {
  const auto n = static_cast<double>(series.size());
  const double factor =
      inflation(autocorrelation(series, model.residuals), n) * (1 + kShortSeries / (n * n));
  return 1 - std::min(1.0,
                      2 * std::min(p_of_trend(pairs.s, series, factor), p_of_split(split, factor)));
}

double minutes_between(Timestamp from, Timestamp to) {
  return std::chrono::duration<double, std::ratio<60>>(to - from).count();
}

/// What has a value, averaged in blocks if it is too much.
Series thinned(std::span<const TrendSample> samples, std::vector<Timestamp>& times) {
  const std::size_t block = (samples.size() + kTrendSamplesMax - 1) / kTrendSamplesMax;
  Series series;
  for (std::size_t i = 0; i < samples.size(); i += block) {
    const std::size_t end = std::min(i + block, samples.size());
    double sum = 0;
    for (std::size_t k = i; k < end; ++k) sum += samples[k].value;
    times.push_back(samples[i].at);
    series.minute.push_back(minutes_between(samples[0].at, samples[i].at));
    series.value.push_back(sum / static_cast<double>(end - i));
  }
  return series;
}

}  // namespace

std::string_view to_string(Trend trend) noexcept {
  switch (trend) {
    case Trend::Stable:
      return "stable";
    case Trend::Increasing:
      return "increasing";
    case Trend::Decreasing:
      return "decreasing";
    case Trend::InsufficientData:
      break;
  }
  return "insufficient_data";
}

TrendFinding find_trend(std::span<const TrendSample> samples, const TrendRules& rules) {
  std::vector<TrendSample> present;
  for (const TrendSample& sample : samples) {
    if (std::isfinite(sample.value)) present.push_back(sample);
  }
  TrendFinding finding;
  finding.samples = present.size();
  if (present.empty()) return finding;
  finding.from = present.front().at;
  finding.to = present.back().at;
  if (present.size() < kTrendSamplesMin) return finding;

  std::vector<Timestamp> times;
  const Series series = thinned(present, times);
  const Pairs pairs = compare_pairs(series);
  Model line = line_through(series, pairs.slope);
  const Split split = best_split(series.value);
  Model step = step_in(series, split.at);
  // A slope of zero, as where most values are, explains nothing.
  const bool is_step = pairs.slope == 0 || step.misfit() < line.misfit();
  const Model& model = is_step ? step : line;
  finding.slope_per_minute = pairs.slope;
  finding.before = model.before;
  finding.after = model.after;
  const double scale = std::max(std::abs(model.before), rules.level_min);
  const double rise = model.after - model.before;
  finding.change = rise == 0 ? 0 : rise / std::max(scale, std::abs(rise) * 1e-9);
  finding.confidence = confidence_of(pairs, split, series, model);
  finding.trend = Trend::Stable;
  if (finding.confidence < rules.confidence_min) return finding;
  if (finding.change > rules.change_min) finding.trend = Trend::Increasing;
  if (finding.change < -rules.change_min) finding.trend = Trend::Decreasing;
  if (is_step && finding.trend != Trend::Stable) finding.since = times[split.at];
  return finding;
}

}  // namespace eventcore::monitor
