#pragma once

/// \file
/// `projection_lag`: how far a projection is behind its log, as the store says.
///
/// It asks the store and no runner, so that every process sees the same, leader or not, and the lag
/// of a projection whose leader died grows. It counts all events, also those that the filter leaves
/// out: a checkpoint moves over them.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/projection_storage.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// How far behind a projection is.
struct ProjectionLag {
  Position checkpoint;  ///< Stored; 0 for a projection that never ran.
  Position head;
  std::uint64_t events = 0;         ///< Behind the checkpoint.
  std::chrono::nanoseconds age{0};  ///< Of the oldest of them; 0 if there are none.
  /// The checkpoint is past the head: it was saved for another log, or for a later copy of this
  /// one. `events` and `age` are 0 and mean nothing.
  bool beyond_head = false;
  std::uint64_t dead_letters = 0;  ///< Parked or about to be replayed.
};

/// The lag of the projection stored as `name` (`Projector::key`). `clock` is that of the store.
/// Blocking: two short reads. Errors: those of `EventStore::read` and `ProjectionStorage::load`.
[[nodiscard]] Result<ProjectionLag> projection_lag(EventStore& store, std::string_view name,
                                                   const Clock& clock = system_clock());

}  // namespace eventcore
