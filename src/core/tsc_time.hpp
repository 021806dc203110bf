#pragma once

// The monotonic time from the processor's time stamp counter, where that is safe: less than half
// the cost of asking the system.

#include "eventcore/clock.hpp"

namespace eventcore::detail {

/// The time of `std::chrono::steady_clock`, to some 100 ns.
///
/// 1. The counter is used on x86-64 if the processor keeps its rate in all power states and Linux
///    itself keeps time with it, which says that it agrees between the cores. Else, and for the
///    first 10 ms of use, the system is asked.
/// 2. Counter and system clock are compared, after a while every second. Where the time is behind,
///    it steps forward (less than a microsecond); where it is ahead, it runs slower for a second.
/// 3. When they differ by more than 1 ms, as after a virtual machine has moved, the counter is
///    given up for good. A time that was ahead stands still until the system has caught up.
///
/// The counter is read without waiting for earlier loads: waiting would cost as much as the system
/// clock does. A thread that takes a time from another one and then looks at the clock may find it
/// earlier, by less than a microsecond and seldom by some; who needs that order fences.
///
/// Thread-safety: Thread-safe. Blocking: no, but the first call reads a small file of the system.
[[nodiscard]] Instant tsc_now() noexcept;

}  // namespace eventcore::detail
