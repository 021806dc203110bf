#pragma once

// `LogRing`: where one thread leaves its records, and one other takes them.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "eventcore/detail/log_site.hpp"
#include "eventcore/logging/log_level.hpp"
#include "log_record.hpp"

namespace eventcore::detail {

/// What a thread may still log at one place in this window.
struct SiteAllowance {
  std::uint32_t window = 0;
  std::uint32_t left = 0;
  std::atomic<std::uint64_t> suppressed = 0;  // written by the thread, read by the drain
};

/// Asks for the cache line at `address`. The compiler's own builtin asks for a copy that may only
/// be read, unless the processor is named.
inline void prefetch_for_writing(const std::byte* address) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*address));
#else
  __builtin_prefetch(address, 1);
#endif
}

/// Counts what only one thread counts.
inline void count_up(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

/// Records lie in it one behind the other, none around its end. Thread-safety: the owner's members
/// are for the thread that has it, the drain's for who holds the drain's mutex.
class LogRing {
 public:
  static constexpr std::size_t kPageSites = 64;
  static constexpr std::size_t kPages = 64;
  static constexpr std::uint32_t kUnlimited = 0xFFFFFFFF;
  static constexpr std::uint64_t kAhead = 1'024;

  explicit LogRing(std::size_t bytes);

  // The owner's.

  /// Room for a record, or null if the ring is full.
  [[nodiscard]] std::byte* reserve(std::uint32_t bytes) noexcept {
    const std::size_t offset = static_cast<std::size_t>(position_) & mask_;
    const std::size_t behind = mask_ + 1 - offset;
    const std::uint64_t needed = bytes <= behind ? bytes : behind + bytes;
    if (position_ + needed - seen_tail_ > mask_ + 1) [[unlikely]] {
      // Acquire: pairs with `release`; what was there has been read.
      seen_tail_ = tail_.load(std::memory_order_acquire);
      if (position_ + needed - seen_tail_ > mask_ + 1) return nullptr;
    }
    if (bytes <= behind) return bytes_.get() + offset;
    new (bytes_.get() + offset) std::uint32_t(0);
    position_ += behind;
    return bytes_.get();
  }
  /// Hands over what was written there. True: the ring is more than half full.
  [[nodiscard]] bool commit(std::uint32_t bytes) noexcept {
    position_ += bytes;
    // Release: pairs with `head`.
    head_.store(position_, std::memory_order_release);
    // The drain's processor has what comes next: to be asked for in time.
    prefetch_for_writing(bytes_.get() + ((position_ + kAhead) & mask_));
    return position_ - seen_tail_ > mask_ / 2 && is_half_full();
  }
  /// Takes one record of `site` from what is allowed, else counts it.
  [[nodiscard]] bool admit(LogSite& site) noexcept {
    SiteAllowance* const allowance = allowance_of(site.id_);
    if (allowance == nullptr) [[unlikely]]
      return admit_shared(site);
    const std::uint64_t budget = site.budget_.load(std::memory_order_relaxed);
    if (allowance->window == budget >> 32 && allowance->left != 0) [[likely]] {
      --allowance->left;
      return true;
    }
    return refill(site, *allowance, budget);
  }
  void drop(LogLevel level) noexcept { count_up(dropped_[static_cast<std::size_t>(level)]); }
  void count_cut() noexcept { count_up(cut_); }
  /// An error has waited here in vain: the next ones don't before there was room again.
  bool waited_in_vain = false;

  // The drain's.

  /// Up to where there are records.
  [[nodiscard]] std::uint64_t head() const noexcept {
    return head_.load(std::memory_order_acquire);  // acquire: pairs with `commit`
  }
  /// The oldest record before `end`, or null.
  [[nodiscard]] const LogRecordHead* front(std::uint64_t end) noexcept;
  /// Goes past it; it may be read until `release`.
  void pop(const LogRecordHead& record) noexcept { read_ += record.bytes; }
  void release() noexcept { tail_.store(read_, std::memory_order_release); }
  /// Forgets all records. Nobody else uses the ring.
  void discard() noexcept;
  [[nodiscard]] std::uint64_t suppressed(std::uint32_t site_id) const noexcept;

  // Anybody's.

  [[nodiscard]] std::uint64_t queued() const noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    return head > tail ? head - tail : 0;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return mask_ + 1; }
  [[nodiscard]] std::uint64_t dropped(LogLevel level) const noexcept {
    return dropped_[static_cast<std::size_t>(level)].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t cut() const noexcept { return cut_.load(std::memory_order_relaxed); }

  bool is_owned = false;  ///< Guarded by the mutex of `LogCore`.

 private:
  using Page = std::array<SiteAllowance, kPageSites>;

  [[nodiscard]] SiteAllowance* allowance_of(std::uint32_t site_id) noexcept {
    if (site_id >= kPageSites * kPages) [[unlikely]]
      return nullptr;
    Page* page = pages_[site_id / kPageSites].load(std::memory_order_relaxed);
    if (page == nullptr) [[unlikely]]
      page = add_page(site_id / kPageSites);
    return page == nullptr ? nullptr : &(*page)[site_id % kPageSites];
  }
  [[gnu::cold]] Page* add_page(std::size_t index) noexcept;
  [[gnu::noinline]] bool refill(LogSite& site, SiteAllowance& allowance,
                                std::uint64_t budget) noexcept;
  /// For the sites beyond the pages.
  [[gnu::cold]] bool admit_shared(LogSite& site) noexcept;
  bool is_half_full() noexcept;

  const std::size_t mask_;
  const std::unique_ptr<std::byte[]> bytes_;

  alignas(64) std::uint64_t position_ = 0;  // the owner's
  std::uint64_t seen_tail_ = 0;             // the owner's
  std::atomic<std::uint64_t> head_ = 0;     // atomic: written by the owner, read by the drain
  // Written by the owner, read by anybody.
  std::array<std::atomic<std::uint64_t>, kLogLevels> dropped_{};
  std::atomic<std::uint64_t> cut_ = 0;
  std::atomic<std::uint64_t> beyond_suppressed_ = 0;
  std::array<std::atomic<Page*>, kPages> pages_{};  // written by the owner, read by the drain

  alignas(64) std::atomic<std::uint64_t> tail_ = 0;  // atomic: written by the drain
  std::uint64_t read_ = 0;                           // the drain's
};

}  // namespace eventcore::detail
