#include "eventcore/testing/manual_clock.hpp"

#include "eventcore/assert.hpp"

namespace eventcore::testing {

using std::chrono::nanoseconds;

ManualClock::ManualClock(Timestamp wall) noexcept
    : now_(nanoseconds{std::chrono::hours{1}}.count()), wall_(wall.time_since_epoch().count()) {}

Instant ManualClock::now() const noexcept { return Instant{nanoseconds{now_.load()}}; }

Timestamp ManualClock::wall() const noexcept { return Timestamp{nanoseconds{wall_.load()}}; }

void ManualClock::advance(nanoseconds duration) noexcept {
  EVENTCORE_ASSERT(duration.count() >= 0, "monotonic time never goes back");
  wall_.fetch_add(duration.count());
  now_.fetch_add(duration.count());
}

void ManualClock::step_wall(nanoseconds duration) noexcept { wall_.fetch_add(duration.count()); }

}  // namespace eventcore::testing
