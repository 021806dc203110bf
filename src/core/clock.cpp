#include "eventcore/clock.hpp"

#include "tsc_time.hpp"

namespace eventcore {
namespace {

class SystemClock final : public Clock {
 public:
  constexpr SystemClock() = default;
  Instant now() const noexcept override { return detail::tsc_now(); }
  Timestamp wall() const noexcept override {
    return std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now());
  }
};

}  // namespace

const Clock& system_clock() noexcept {
  static const SystemClock clock;
  return clock;
}

}  // namespace eventcore
