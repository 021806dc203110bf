#pragma once

/// \file
/// Baselines and their comparisons as the tool prints them.

#include <string>

#include "../console.hpp"
#include "eventcore/monitor/baseline.hpp"

namespace eventcore::cli {

/// What is printed beside the measures.
struct ComparisonTitle {
  std::string before;  ///< "release-1.json"
  std::string after;
  double change_min = 0;
};

void print_comparison(const ComparisonTitle& title, const monitor::BaselineComparison& comparison,
                      Console& console);
[[nodiscard]] std::string comparison_json(const ComparisonTitle& title,
                                          const monitor::BaselineComparison& comparison);

/// One line of `baseline list`.
[[nodiscard]] std::string baseline_json(const std::string& file, const monitor::Baseline& baseline);
/// The medians of what matters most: "cpu_ms 50.1, wall_ms 60.3".
[[nodiscard]] std::string medians_text(const monitor::Baseline& baseline);

}  // namespace eventcore::cli
