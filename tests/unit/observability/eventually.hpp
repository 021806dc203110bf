#pragma once

// Waiting for what another thread does.

#include <chrono>
#include <functional>
#include <thread>

#include "eventcore/clock.hpp"

namespace eventcore::observability {

/// Long enough that a test which has to wait for it is a test that fails.
inline constexpr std::chrono::seconds kPatience{40};

inline bool eventually(const std::function<bool()>& holds) {
  for (const Deadline end = Deadline::after(kPatience); !holds();) {
    if (end.expired(system_clock())) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace eventcore::observability
