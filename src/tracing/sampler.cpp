#include "eventcore/tracing/sampler.hpp"

#include <cmath>

namespace eventcore {

Sampler Sampler::ratio(double share) noexcept {
  if (!(share > 0)) return always_off();
  if (share >= 1) return always_on();
  const double rejected = (1 - share) * static_cast<double>(kNone);
  return Sampler(static_cast<std::uint64_t>(std::llround(rejected)));
}

}  // namespace eventcore
