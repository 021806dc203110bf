#pragma once

/// \file
/// `Thresholds`: the numbers of ops/prometheus/thresholds.yaml, by which the alerts judge too.

#include <map>
#include <string>
#include <string_view>

#include "eventcore/result.hpp"

namespace eventcore::cli::doctor {

/// Thread-safety: Immutable.
class Thresholds {
 public:
  /// Those that were there when the tool was built.
  [[nodiscard]] static Thresholds built_in();
  /// Those of a file of that form; what it lacks is as built in. Errors: InvalidArgument (not
  /// read, or a line is no `name: value`).
  [[nodiscard]] static Result<Thresholds> from_file(const std::string& path);

  /// The value of `name`; durations (`2m`) in seconds. Requires: it is one of the built-in ones.
  [[nodiscard]] double operator()(std::string_view name) const;

 private:
  [[nodiscard]] Result<void> read(std::string_view text);

  std::map<std::string, double, std::less<>> values_;
};

}  // namespace eventcore::cli::doctor
