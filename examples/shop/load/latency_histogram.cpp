#include "load/latency_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace shop {

namespace {

// Bucket i ends at 1 µs * 1.07^i; the last one, at about 6 days, takes the rest.
constexpr double kFirst = 1'000;
const double kLogOfStep = std::log(1.07);

std::size_t bucket_of(std::chrono::nanoseconds duration) noexcept {
  const auto nanoseconds = static_cast<double>(duration.count());
  if (nanoseconds <= kFirst) return 0;
  const double index = std::ceil(std::log(nanoseconds / kFirst) / kLogOfStep);
  return std::min(static_cast<std::size_t>(index), kLatencyBuckets - 1);
}

}  // namespace

std::uint64_t LatencyCounts::total() const noexcept {
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts) total += count;
  return total;
}

std::chrono::nanoseconds LatencyCounts::percentile(double share) const noexcept {
  const double wanted = share * static_cast<double>(total());
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    if (seen > 0 && static_cast<double>(seen) >= wanted) {
      const double end = kFirst * std::exp(kLogOfStep * static_cast<double>(i));
      return std::chrono::nanoseconds(static_cast<std::int64_t>(end));
    }
  }
  return {};
}

LatencyCounts LatencyCounts::operator-(const LatencyCounts& before) const noexcept {
  LatencyCounts difference;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    difference.counts[i] = counts[i] - before.counts[i];
  }
  return difference;
}

void LatencyHistogram::record(std::chrono::nanoseconds duration) noexcept {
  counts_[bucket_of(duration)].fetch_add(1, std::memory_order_relaxed);
}

LatencyCounts LatencyHistogram::counts() const noexcept {
  LatencyCounts result;
  for (std::size_t i = 0; i < kLatencyBuckets; ++i) {
    result.counts[i] = counts_[i].load(std::memory_order_relaxed);
  }
  return result;
}

}  // namespace shop
