#include "recent_max.hpp"

#include <algorithm>

#include "eventcore/assert.hpp"

namespace eventcore::observability::detail {
namespace {

constexpr int kValueBits = 40;
constexpr std::uint64_t kValueMask = (std::uint64_t{1} << kValueBits) - 1;
constexpr std::uint64_t kTagMask = (std::uint64_t{1} << (64 - kValueBits)) - 1;

/// Whether a window is later than another; tags come round again.
bool is_later(std::uint64_t tag, std::uint64_t than) noexcept {
  return tag != than && ((tag - than) & kTagMask) <= kTagMask / 2;
}

}  // namespace

RecentMax::RecentMax(std::chrono::nanoseconds window) : window_(window) {
  EVENTCORE_ASSERT(window.count() > 0, "a window has a length");
}

void RecentMax::record(std::chrono::nanoseconds value, Instant now) noexcept {
  const std::uint64_t window = window_of(now);
  const std::uint64_t tag = window & kTagMask;
  const auto given = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
  const std::uint64_t stored = std::min(given + 1, kValueMask);
  std::atomic<std::uint64_t>& cell = cells_[window % kWindows];
  std::uint64_t seen = cell.load(std::memory_order_relaxed);
  do {
    const std::uint64_t owner = seen >> kValueBits;
    if (seen != 0 && owner == tag && (seen & kValueMask) >= stored) return;
    if (seen != 0 && is_later(owner, tag)) return;
  } while (
      !cell.compare_exchange_weak(seen, (tag << kValueBits) | stored, std::memory_order_relaxed));
}

std::chrono::nanoseconds RecentMax::read(Instant now) const noexcept {
  const std::uint64_t newest = window_of(now);
  std::uint64_t greatest = 1;
  for (const std::atomic<std::uint64_t>& cell : cells_) {
    const std::uint64_t seen = cell.load(std::memory_order_relaxed);
    if (seen == 0) continue;
    const std::uint64_t age = (newest - (seen >> kValueBits)) & kTagMask;
    if (age < kWindows) greatest = std::max(greatest, seen & kValueMask);
  }
  return std::chrono::nanoseconds(greatest - 1);
}

}  // namespace eventcore::observability::detail
