#pragma once

/// \file
/// A `Comparison` measures two ways of doing one thing in turns, so that a machine whose speed
/// drifts changes both alike, and reports the ratio of each turn.

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace eventcore::bench {

/// One way of doing it. `run` returns operations a second, measured once.
struct Side {
  std::string name;
  std::function<double()> run;
};

/// A rate to reach: that of operations which cost `nanoseconds` each.
[[nodiscard]] Side costs(double nanoseconds);

/// Ours beside the alternative. The ratio is ours ÷ other.
struct Comparison {
  std::string name;
  std::string question;
  Side ours;
  Side other;
  double target = 0;                         ///< The ratio that `--check` wants; 0: none.
  std::optional<double> aim = std::nullopt;  ///< What we would like.
};

/// The figures of one comparison.
struct Measured {
  std::string name;
  std::string question;
  std::string ours_name;
  std::string other_name;
  double ours = 0;   ///< Median, operations a second.
  double other = 0;  ///< Median, operations a second.
  double ratio = 0;  ///< Median of the turns' ratios.
  double ratio_min = 0;
  double ratio_max = 0;
  double target = 0;
  std::optional<double> aim;

  [[nodiscard]] bool passed() const noexcept { return ratio >= target; }
};

/// Runs `comparison` for `turns` turns after one that does not count.
[[nodiscard]] Measured measure(const Comparison& comparison, int turns);

void print_table(std::ostream& out, const std::vector<Measured>& results);
void print_json(std::ostream& out, const std::vector<Measured>& results);

}  // namespace eventcore::bench
