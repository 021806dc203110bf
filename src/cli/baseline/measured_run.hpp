#pragma once

/// \file
/// `measure_run`: what one run of a command costs.

#include <optional>
#include <stop_token>
#include <string>

#include "eventcore/result.hpp"

namespace eventcore::cli {

struct MeasuredRun {
  double cpu_ms = 0;  ///< Of the command and of all its children that it has waited for.
  double wall_ms = 0;
  std::string output = {};  ///< The last 64 KiB, if asked for.
};

/// Runs `command` with `/bin/sh -c` in a process group of its own, without input; standard error
/// stays the caller's. Errors: InvalidArgument (it ends with another code than 0, or of a signal),
/// Cancelled (`stop`: its group is ended), Unavailable (no process can be made).
/// Blocking: until it ends.
[[nodiscard]] Result<MeasuredRun> measure_run(const std::string& command, bool keeps_output,
                                              const std::stop_token& stop);

/// The last number in `output` that the first group of the regular expression `pattern` has, or
/// all of it if it has none; lines are looked at one by one. Errors: InvalidArgument (no line
/// matches, or what does is no number; the expression is wrong).
[[nodiscard]] Result<double> number_in(const std::string& output, const std::string& pattern);

}  // namespace eventcore::cli
