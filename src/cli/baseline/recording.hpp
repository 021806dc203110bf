#pragma once

/// \file
/// Baselines from what is there to be measured: a running service, or commands.

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "../console.hpp"
#include "eventcore/monitor/baseline.hpp"
#include "eventcore/result.hpp"

namespace eventcore::cli {

/// What is measured, and how often.
struct RecordingOptions {
  std::string name;
  std::string url;                            ///< Of a service;
  std::chrono::milliseconds interval{1'000};  ///< the length of its windows,
  std::size_t windows = 60;                   ///< and how many.
  std::size_t rounds = 20;                    ///< Of commands.
  std::string number;           ///< What the output of commands has: see `number_in`; or empty.
  bool more_is_better = false;  ///< Of that number.
};

/// Looks at the service of `options.url` until it has all windows. Errors: those of
/// `ScrapedService`; Unavailable (it was started anew); InvalidArgument (it ran no command).
/// Blocking: as long as the windows last; tells its progress.
[[nodiscard]] Result<monitor::Baseline> record_service(const RecordingOptions& options,
                                                       Console& console);

/// Runs `commands` in turn, each as often as `options.rounds` says after a run that does not
/// count: A B, then B A, then A B, so that whatever drifts meets both. Returns a baseline each.
/// Errors: those of `measure_run` and `number_in`.
[[nodiscard]] Result<std::vector<monitor::Baseline>> record_commands(
    const std::vector<std::string>& commands, const RecordingOptions& options, Console& console);

}  // namespace eventcore::cli
