#include "eventcore/clock.hpp"

namespace eventcore {
namespace {

class SystemClock final : public Clock {
 public:
  Instant now() const noexcept override { return std::chrono::steady_clock::now(); }
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
