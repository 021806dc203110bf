#include "comparison_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "../table.hpp"
#include "../time_text.hpp"

namespace eventcore::cli {
namespace {

using monitor::Baseline;
using monitor::BaselineComparison;
using monitor::BaselineMeasure;
using monitor::Better;
using monitor::MeasureComparison;
using monitor::SampleComparison;
using monitor::Verdict;
using nlohmann::ordered_json;

std::string number(double value, const char* format) {
  if (!std::isfinite(value)) return "-";
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string percent(double share) {
  // More than a thousandfold says "from nothing", not how much.
  if (std::abs(share) >= 1'000) return share > 0 ? ">+99999 %" : "-100 %";
  if (std::abs(share) < 0.0005) return "0.0 %";
  return number(share * 100, "%+.1f %%");
}

std::string verdict_of(const MeasureComparison& measure) {
  if (measure.better == Better::Neither) return "not judged";
  if (measure.result.verdict == Verdict::InsufficientData) return "too few samples";
  return std::string(to_string(measure.result.verdict));
}

/// Where the change is surely, and how surely.
bool has_interval(const SampleComparison& result) {
  return result.samples_before > 0 && result.samples_after > 0;
}

/// "cpu_ms +10.1 %, wall_ms +9.8 %".
std::string changes(const BaselineComparison& comparison, Verdict verdict) {
  std::string text;
  for (const MeasureComparison& measure : comparison.measures) {
    if (measure.better == Better::Neither || measure.result.verdict != verdict) continue;
    text += (text.empty() ? "" : ", ") + measure.name + " " + percent(measure.result.change);
  }
  return text;
}

/// How much worse `measure` could be without anybody having noticed.
double hidden(const MeasureComparison& measure) {
  return measure.better == Better::Higher ? -measure.result.change_low : measure.result.change_high;
}

std::string sentence(const ComparisonTitle& title, const BaselineComparison& comparison) {
  if (comparison.verdict == Verdict::InsufficientData) {
    return "nothing can be said: too few samples, or nothing that both have is judged";
  }
  if (comparison.verdict != Verdict::Same) {
    return std::string(to_string(comparison.verdict)) + ": " +
           changes(comparison, comparison.verdict);
  }
  std::string text =
      "same: no difference of " + number(title.change_min * 100, "%.3g %%") + " and more was found";
  const MeasureComparison* widest = nullptr;
  for (const MeasureComparison& measure : comparison.measures) {
    if (measure.better == Better::Neither || measure.result.verdict != Verdict::Same) continue;
    if (widest == nullptr || hidden(measure) > hidden(*widest)) widest = &measure;
  }
  if (widest != nullptr && hidden(*widest) > title.change_min) {
    text += "; " + widest->name + " may be worse by up to " + percent(hidden(*widest)) +
            ", which more samples would tell";
  }
  return text;
}

ordered_json measure_json(const MeasureComparison& measure) {
  const SampleComparison& result = measure.result;
  const auto finite = [](double value) {
    return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
  };
  return {{"measure", measure.name},
          {"better", to_string(measure.better)},
          {"verdict", measure.better == Better::Neither ? "not_judged" : to_string(result.verdict)},
          {"before", finite(result.before)},
          {"after", finite(result.after)},
          {"samples_before", result.samples_before},
          {"samples_after", result.samples_after},
          {"change", result.change},
          {"change_low", result.change_low},
          {"change_high", result.change_high},
          {"p_value", result.p_value}};
}

}  // namespace

void print_comparison(const ComparisonTitle& title, const BaselineComparison& comparison,
                      Console& console) {
  console.line("before  " + printable(title.before));
  console.line("after   " + printable(title.after));
  console.line("");
  using Align = Column::Align;
  const std::string interval = number(comparison.measure_confidence * 100, "%.4g %%") + " SURE";
  Table table({{"MEASURE"},
               {"BEFORE", Align::Right},
               {"AFTER", Align::Right},
               {"CHANGE", Align::Right},
               {interval, Align::Right},
               {"P", Align::Right},
               {"VERDICT"}},
              true);
  for (const MeasureComparison& measure : comparison.measures) {
    const SampleComparison& result = measure.result;
    const bool has_one = has_interval(result);
    table.add({printable(measure.name), number(result.before, "%.4g"), number(result.after, "%.4g"),
               has_one ? percent(result.change) : "-",
               has_one ? percent(result.change_low) + " to " + percent(result.change_high) : "-",
               has_one ? number(result.p_value, "%.2g") : "-", verdict_of(measure)});
  }
  table.print(console);
  console.line("");
  console.line(sentence(title, comparison));
}

std::string comparison_json(const ComparisonTitle& title, const BaselineComparison& comparison) {
  ordered_json object{{"verdict", to_string(comparison.verdict)},
                      {"before", title.before},
                      {"after", title.after},
                      {"threshold", title.change_min},
                      {"measure_confidence", comparison.measure_confidence},
                      {"summary", sentence(title, comparison)},
                      {"measures", ordered_json::array()}};
  for (const MeasureComparison& measure : comparison.measures) {
    object["measures"].push_back(measure_json(measure));
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string medians_text(const Baseline& baseline) {
  std::string text;
  int shown = 0;
  for (const BaselineMeasure& measure : baseline.measures) {
    const double middle = monitor::compare_samples(measure.samples, {}).before;
    if (measure.better == Better::Neither || !std::isfinite(middle) || shown == 3) continue;
    text += (text.empty() ? "" : ", ") + printable(measure.name) + " " + number(middle, "%.4g");
    ++shown;
  }
  return text.empty() ? "-" : text;
}

std::string baseline_json(const std::string& file, const Baseline& baseline) {
  ordered_json object{{"file", file},
                      {"name", baseline.name},
                      {"source", baseline.source},
                      {"recorded", full_time(baseline.recorded_at)},
                      {"interval_ns", baseline.interval.count()},
                      {"medians", ordered_json::object()}};
  for (const BaselineMeasure& measure : baseline.measures) {
    const double middle = monitor::compare_samples(measure.samples, {}).before;
    object["medians"][measure.name] =
        std::isfinite(middle) ? ordered_json(middle) : ordered_json(nullptr);
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace eventcore::cli
