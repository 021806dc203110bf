#pragma once

// The snapshots that a monitor remembers.

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "eventcore/monitor/performance_snapshot.hpp"

namespace eventcore::monitor::detail {

/// The latest snapshots, at most so many. One thread at a time.
class SnapshotRing {
 public:
  explicit SnapshotRing(std::size_t size_max) : size_max_(std::max<std::size_t>(1, size_max)) {}

  void push(const PerformanceSnapshot& snapshot) {
    if (ring_.size() < size_max_) {
      ring_.push_back(snapshot);
      return;
    }
    ring_[oldest_] = snapshot;
    oldest_ = (oldest_ + 1) % size_max_;
  }
  [[nodiscard]] std::vector<PerformanceSnapshot> since(Timestamp cutoff) const {
    std::vector<PerformanceSnapshot> result;
    result.reserve(ring_.size());
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const PerformanceSnapshot& snapshot = ring_[(oldest_ + i) % ring_.size()];
      if (snapshot.timestamp >= cutoff) result.push_back(snapshot);
    }
    return result;
  }
  [[nodiscard]] std::optional<PerformanceSnapshot> newest() const {
    if (ring_.empty()) return std::nullopt;
    return ring_[(oldest_ + ring_.size() - 1) % ring_.size()];
  }
  /// Whether nothing after `cutoff` has been overwritten.
  [[nodiscard]] bool reaches(Timestamp cutoff) const {
    return ring_.size() < size_max_ || ring_[oldest_].timestamp <= cutoff;
  }

 private:
  const std::size_t size_max_;
  std::vector<PerformanceSnapshot> ring_;
  std::size_t oldest_ = 0;
};

}  // namespace eventcore::monitor::detail
