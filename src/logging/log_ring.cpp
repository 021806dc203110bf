#include "log_ring.hpp"

#include <cstring>
#include <new>

namespace eventcore::detail {

namespace {

// Taken from a site's budget at once, so that threads seldom meet there; one by one near its end.
constexpr std::uint32_t kTaken = 16;
constexpr std::uint32_t kPlenty = 64;

/// Takes from the budget of `window`; 0: there is nothing left, or the window is over.
std::uint32_t take(std::atomic<std::uint64_t>& budget, std::uint64_t seen,
                   std::uint32_t most) noexcept {
  const std::uint64_t window = seen >> 32;
  while (seen >> 32 == window) {
    const auto left = static_cast<std::uint32_t>(seen);
    if (left == LogRing::kUnlimited) return left;
    const std::uint32_t taken = left > kPlenty ? most : left == 0 ? 0 : 1;
    if (taken == 0) return 0;
    if (budget.compare_exchange_weak(seen, seen - taken, std::memory_order_relaxed)) return taken;
  }
  return 1;  // a new window has begun: this one is on the house
}

}  // namespace

// The bytes are written once, so that no record pays for the first touch of a page.
LogRing::LogRing(std::size_t bytes) : mask_(bytes - 1), bytes_(new std::byte[bytes]()) {}

bool LogRing::is_half_full() noexcept {
  seen_tail_ = tail_.load(std::memory_order_acquire);  // acquire: pairs with `release`
  return position_ - seen_tail_ > mask_ / 2;
}

bool LogRing::refill(LogSite& site, SiteAllowance& allowance, std::uint64_t budget) noexcept {
  const std::uint32_t taken = take(site.budget_, budget, kTaken);
  if (taken == 0) {
    count_up(allowance.suppressed);
    return false;
  }
  allowance.window = static_cast<std::uint32_t>(budget >> 32);
  allowance.left = taken - 1;
  return true;
}

bool LogRing::admit_shared(LogSite& site) noexcept {
  if (take(site.budget_, site.budget_.load(std::memory_order_relaxed), 1) != 0) return true;
  count_up(beyond_suppressed_);
  return false;
}

LogRing::Page* LogRing::add_page(std::size_t index) noexcept {
  Page* const page = new (std::nothrow) Page;
  // Release: pairs with `suppressed`. Rings live as long as the process, and so do pages.
  if (page != nullptr) pages_[index].store(page, std::memory_order_release);
  return page;
}

std::uint64_t LogRing::suppressed(std::uint32_t site_id) const noexcept {
  if (site_id >= kPageSites * kPages) return 0;
  const Page* const page = pages_[site_id / kPageSites].load(std::memory_order_acquire);
  if (page == nullptr) return 0;
  return (*page)[site_id % kPageSites].suppressed.load(std::memory_order_relaxed);
}

const LogRecordHead* LogRing::front(std::uint64_t end) noexcept {
  while (read_ != end) {
    const std::size_t offset = static_cast<std::size_t>(read_) & mask_;
    const std::byte* const at = bytes_.get() + offset;
    std::uint32_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    if (bytes != 0) return reinterpret_cast<const LogRecordHead*>(at);
    read_ += mask_ + 1 - offset;
  }
  return nullptr;
}

void LogRing::discard() noexcept {
  read_ = head_.load(std::memory_order_relaxed);
  position_ = read_;
  seen_tail_ = read_;
  tail_.store(read_, std::memory_order_relaxed);
}

}  // namespace eventcore::detail
