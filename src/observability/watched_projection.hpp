#pragma once

// A projection that is asked at a scrape: its runner each time, its store not at each.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "eventcore/projection_lag.hpp"
#include "eventcore/projection_runner.hpp"
#include "lookout.hpp"

namespace eventcore::observability::detail {

/// What the store says of a projection.
struct ProjectionFigures {
  ProjectionLag lag;
  Timestamp asked_at{};  ///< When `lag` was right.
  std::optional<Timestamp> oldest_dead_letter;

  /// The age of the oldest event behind the checkpoint, had nothing changed since.
  [[nodiscard]] std::chrono::nanoseconds age(Timestamp now) const noexcept;
};

/// Thread-safety: Thread-safe.
struct WatchedProjection {
  WatchedProjection(const ProjectionRunner& watched, std::shared_ptr<Lookout> lookout,
                    const Clock& clock);
  WatchedProjection(const WatchedProjection&) = delete;
  WatchedProjection& operator=(const WatchedProjection&) = delete;

  const ProjectionRunner& runner;
  const std::string name;
  const std::string version;
  Looked<ProjectionFigures> figures;
};

}  // namespace eventcore::observability::detail
