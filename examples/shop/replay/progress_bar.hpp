#pragma once

/// \file
/// `ProgressBar`: how far long work has come, on standard error if that is a terminal.

#include <chrono>
#include <cstddef>
#include <string>

namespace shop {

/// Redraws its line at most ten times a second. Thread-safety: One thread at a time.
class ProgressBar {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ProgressBar(std::size_t total);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { clear(); }

  void update(std::size_t done);
  /// Removes the line, so that something else can be printed.
  void clear();

 private:
  const std::size_t total_;
  const bool terminal_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_;
  bool drawn_ = false;
};

/// The bar as text: `[#######.............]  35 %  245 of 699  812/s  0:01 left`.
[[nodiscard]] std::string progress_text(std::size_t done, std::size_t total,
                                        std::chrono::duration<double> elapsed);

}  // namespace shop
