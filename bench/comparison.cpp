#include "comparison.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace eventcore::bench {

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string rounded(double value) {
  if (value < 100) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << value;
    return text.str();
  }
  std::string digits = std::to_string(static_cast<long long>(value + 0.5));
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

}  // namespace

Side costs(double nanoseconds) {
  return {std::to_string(static_cast<int>(nanoseconds)) + " ns",
          [nanoseconds] { return 1e9 / nanoseconds; }};
}

Measured measure(const Comparison& comparison, int turns) {
  std::vector<double> ours;
  std::vector<double> other;
  std::vector<double> ratios;
  for (int turn = 0; turn <= turns; ++turn) {
    // Which side goes first alternates, so that neither always meets the other's aftermath.
    const bool ours_first = turn % 2 == 0;
    const double first = ours_first ? comparison.ours.run() : comparison.other.run();
    const double second = ours_first ? comparison.other.run() : comparison.ours.run();
    if (turn == 0) continue;
    ours.push_back(ours_first ? first : second);
    other.push_back(ours_first ? second : first);
    ratios.push_back(ours.back() / other.back());
  }
  Measured result;
  result.name = comparison.name;
  result.question = comparison.question;
  result.ours_name = comparison.ours.name;
  result.other_name = comparison.other.name;
  result.ours = median(ours);
  result.other = median(other);
  result.ratio = median(ratios);
  result.ratio_min = *std::min_element(ratios.begin(), ratios.end());
  result.ratio_max = *std::max_element(ratios.begin(), ratios.end());
  result.target = comparison.target;
  result.aim = comparison.aim;
  return result;
}

void print_table(std::ostream& out, const std::vector<Measured>& results) {
  out << "| comparison | ratio (min–max) | target | aim | ours /s | alternative /s | "
         "alternative |\n|---|---|---|---|---|---|---|\n";
  out << std::fixed << std::setprecision(2);
  for (const Measured& one : results) {
    out << "| " << one.name << " | **" << one.ratio << "** (" << one.ratio_min << "–"
        << one.ratio_max << ") | ";
    if (one.target > 0) out << one.target << (one.passed() ? "" : " MISSED");
    out << " | ";
    if (one.aim) out << *one.aim;
    out << " | " << rounded(one.ours) << " | " << rounded(one.other) << " | " << one.other_name
        << " |\n";
  }
}

void print_json(std::ostream& out, const std::vector<Measured>& results) {
  // The names are ours: plain ASCII without quotes.
  out << std::setprecision(6) << "[\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Measured& one = results[i];
    out << R"(  {"name": ")" << one.name << R"(", "ratio": )" << one.ratio << R"(, "ratio_min": )"
        << one.ratio_min << R"(, "ratio_max": )" << one.ratio_max << R"(, "target": )" << one.target
        << R"(, "ours_per_second": )" << one.ours << R"(, "other_per_second": )" << one.other
        << R"(, "passed": )" << (one.passed() ? "true" : "false") << "}"
        << (i + 1 < results.size() ? ",\n" : "\n");
  }
  out << "]\n";
}

}  // namespace eventcore::bench
