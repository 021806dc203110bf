#pragma once

/// \file
/// The in-memory store: the fastest one, for tests and for state that need not survive.

#include <memory>

#include "eventcore/event_store.hpp"
#include "eventcore/probe.hpp"

namespace eventcore {

/// How to open a memory store.
struct MemoryStoreOptions {
  const Clock* clock = &system_clock();
  std::shared_ptr<Probe> probe = nullptr;
};

/// An empty store that lives in this process and dies with the object. Operations complete inside
/// the submitting call; pages are views into the log, which never moves.
[[nodiscard]] std::unique_ptr<EventStore> open_memory_store(MemoryStoreOptions options = {});

}  // namespace eventcore
