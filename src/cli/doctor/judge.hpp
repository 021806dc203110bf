#pragma once

/// \file
/// What a few seconds can tell: alerts look at minutes, the doctor at a window of `--interval`.

#include <chrono>
#include <string>

#include "process_look.hpp"
#include "words.hpp"

namespace eventcore::cli::doctor {

/// That two hosts' clocks may differ by.
inline constexpr std::chrono::seconds kClocksDifferMax{2};

/// Fewer samples have no 99th percentile: then the median has to be above the threshold.
inline constexpr double kSamplesForTails = 20;

/// Whether the quantile `q` of a window is above `limit`.
[[nodiscard]] inline bool is_slow(const WindowHistogram& window, double q, double limit) {
  return window.quantile(window.count() < kSamplesForTails ? 0.5 : q) > limit;
}

/// "p99 83 ms, median 60 ms of 48 commits".
[[nodiscard]] inline std::string quantiles_text(const WindowHistogram& window, double q,
                                                const std::string& noun) {
  return "p" + formatted("%.0f", q * 100) + " " + duration_text(window.quantile(q)) + ", median " +
         duration_text(window.quantile(0.5)) + " of " + number_text(window.count()) + " " + noun;
}

/// "limit: 50 ms (commit_p99 in thresholds.yaml)": the threshold and where it stands.
[[nodiscard]] inline std::string limit_text(const std::string& limit, const std::string& name) {
  return "limit: " + limit + " (" + name + " in thresholds.yaml)";
}

}  // namespace eventcore::cli::doctor
