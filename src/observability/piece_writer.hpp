#pragma once

// Lines that are collected into pieces for a sink.

#include <algorithm>
#include <cstddef>
#include <string>

#include "eventcore/observability/prometheus_text.hpp"

namespace eventcore::observability::detail {

/// Gives room for one line at a time, so that what a line consists of is written without checks.
/// Thread-safety: One thread at a time.
class PieceWriter {
 public:
  explicit PieceWriter(const TextSink& sink) : sink_(sink), piece_(kPieceBytes, '\0') {}

  /// Where a line of at most `bytes` can be written.
  [[nodiscard]] char* begin_line(std::size_t bytes) {
    if (piece_.size() - used_ < bytes) {
      flush();
      piece_.resize(std::max(piece_.size(), bytes));
    }
    return piece_.data() + used_;
  }
  void end_line(const char* end) noexcept { used_ = static_cast<std::size_t>(end - piece_.data()); }
  void flush() {
    if (used_ != 0) sink_(std::string_view(piece_).substr(0, used_));
    used_ = 0;
  }

 private:
  static constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;

  const TextSink& sink_;
  std::string piece_;
  std::size_t used_ = 0;
};

}  // namespace eventcore::observability::detail
