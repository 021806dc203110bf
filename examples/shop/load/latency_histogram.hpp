#pragma once

/// \file
/// `LatencyHistogram`: durations counted in buckets that are at most 7 % wide, so that percentiles
/// cost nothing while requests run.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shop {

inline constexpr std::size_t kLatencyBuckets = 400;

/// Counts at one moment; the difference of two is what happened in between.
struct LatencyCounts {
  std::array<std::uint64_t, kLatencyBuckets> counts{};

  [[nodiscard]] std::uint64_t total() const noexcept;
  /// The duration that `share` of all did not exceed; 0 without any.
  [[nodiscard]] std::chrono::nanoseconds percentile(double share) const noexcept;
  [[nodiscard]] LatencyCounts operator-(const LatencyCounts& before) const noexcept;
};

/// Thread-safety: Thread-safe.
class LatencyHistogram {
 public:
  void record(std::chrono::nanoseconds duration) noexcept;
  [[nodiscard]] LatencyCounts counts() const noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, kLatencyBuckets> counts_{};
};

}  // namespace shop
