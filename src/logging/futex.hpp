#pragma once

// Sleeping until a number changes, for a time at most: works across a fork, where the state of
// mutexes and condition variables of other threads is lost.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace eventcore::detail {

/// Sleeps while `word` is `value`, for `time` at most; may wake up early.
void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t value,
                std::chrono::nanoseconds time) noexcept;
/// Wakes all who sleep there.
void futex_wake(std::atomic<std::uint32_t>& word) noexcept;

}  // namespace eventcore::detail
