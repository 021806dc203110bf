#pragma once

/// \file
/// `ProgressLine`: how far long work has come, on standard error if that is a terminal.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "console.hpp"

namespace eventcore::cli {

/// Shows at most ten lines a second. Thread-safety: One thread at a time.
class ProgressLine {
 public:
  /// As in "verifying: 1,234 of 5,678 events, 21 %".
  ProgressLine(Console& console, std::string_view verb, std::string_view noun);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { console_.progress({}); }

  void update(std::uint64_t done, std::uint64_t total);

 private:
  Console& console_;
  const std::string verb_;
  const std::string noun_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace eventcore::cli
