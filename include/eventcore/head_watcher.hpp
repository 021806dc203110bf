#pragma once

/// \file
/// `HeadWatcher`: the only source of "the log has grown" of a store.

#include <stop_token>

#include "eventcore/clock.hpp"
#include "eventcore/position.hpp"

namespace eventcore {

/// Wakes readers. Thread-safety: Thread-safe. Ownership: belongs to its store.
class HeadWatcher {
 public:
  HeadWatcher() = default;
  HeadWatcher(const HeadWatcher&) = delete;
  HeadWatcher& operator=(const HeadWatcher&) = delete;
  virtual ~HeadWatcher() = default;

  /// Waits until the head is past `seen`, the deadline passes, a stop is requested or the store
  /// closes. Returns the head as known then, which may still be `seen`. Blocking: as said.
  [[nodiscard]] virtual Position wait_beyond(Position seen, Deadline deadline,
                                             std::stop_token stop) = 0;
};

}  // namespace eventcore
