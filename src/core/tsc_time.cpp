#include "tsc_time.hpp"

#if defined(__x86_64__)

#include <cpuid.h>
#include <fcntl.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace eventcore::detail {
namespace {

constexpr std::int64_t kFirstCompareNs = 10'000'000;
constexpr double kPeriodNs = 1e9;
constexpr double kGiveUpNs = 1e6;
constexpr double kRateError = 1e-4;  // more than the first comparison can be wrong by
constexpr double kSlewMax = 5e-4;

std::int64_t system_ns() noexcept {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

Instant instant(std::int64_t ns) noexcept { return Instant(std::chrono::nanoseconds(ns)); }

bool is_trustworthy() noexcept {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kPowerManagement = 0x80000007;
  constexpr unsigned kInvariant = 1U << 8;
  if (__get_cpuid(kPowerManagement, &eax, &ebx, &ecx, &edx) == 0 || (edx & kInvariant) == 0) {
    return false;
  }
  const int file = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                        O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char text[16];
  const ssize_t bytes = read(file, text, sizeof text);
  close(file);
  return bytes > 0 && std::string_view(text, static_cast<std::size_t>(bytes)) == "tsc\n";
}

/// The conversion from ticks to nanoseconds. Read without a lock: `version` is odd while it is
/// changed, and a reader who has met a change asks the system instead.
class TscTime {
 public:
  Instant now() noexcept {
    // Acquire: pairs with the release in `publish`.
    const std::uint32_t version = version_.load(std::memory_order_acquire);
    const std::uint64_t base_ticks = base_ticks_.load(std::memory_order_relaxed);
    const std::int64_t base_ns = base_ns_.load(std::memory_order_relaxed);
    const std::uint64_t ns_per_tick = ns_per_tick_.load(std::memory_order_relaxed);
    const std::uint64_t compare_after = compare_after_.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    const bool is_whole =
        (version & 1U) == 0 && version == version_.load(std::memory_order_relaxed);
    const std::uint64_t ticks = __rdtsc() - base_ticks;
    if (!is_whole || ticks >= compare_after) [[unlikely]]
      return compare();
    return instant(base_ns + in_ns(ticks, ns_per_tick));
  }

 private:
  enum class Stage : std::uint8_t { New, Comparing, Running, GivenUp };

  static std::int64_t in_ns(std::uint64_t ticks, std::uint64_t ns_per_tick) noexcept {
    __extension__ using Product = unsigned __int128;
    return static_cast<std::int64_t>((static_cast<Product>(ticks) * ns_per_tick) >> 32);
  }

  [[gnu::cold, gnu::noinline]] Instant compare() noexcept;
  void adjust(std::uint64_t ticks, std::int64_t system) noexcept;
  void publish(std::uint64_t ticks, std::int64_t ns, double ns_per_tick) noexcept;

  // Atomic: read by all threads, changed by the one that has `is_comparing_`.
  std::atomic<std::uint32_t> version_ = 0;
  std::atomic<std::uint64_t> base_ticks_ = 0;
  std::atomic<std::int64_t> base_ns_ = 0;
  std::atomic<std::uint64_t> ns_per_tick_ = 0;    // 32 bits before the point, 32 after
  std::atomic<std::uint64_t> compare_after_ = 0;  // ticks from the base; 0: ask the system
  std::atomic<std::int64_t> floor_ns_ = 0;        // the least time that may be told
  std::atomic<bool> is_comparing_ = false;        // atomic: tried by who finds it is time
  std::atomic<Stage> stage_ = Stage::New;         // atomic: read without `is_comparing_`

  // Changed by the one that has `is_comparing_`.
  std::uint64_t seen_ticks_ = 0;  // counter and system at the last comparison
  std::int64_t seen_ns_ = 0;
};

/// The system's time; and what is due: to begin, to compare, or to give up.
Instant TscTime::compare() noexcept {
  const std::uint64_t ticks = __rdtsc();
  const std::int64_t system = system_ns();
  const Stage stage = stage_.load(std::memory_order_relaxed);
  const Instant answer = instant(std::max(system, floor_ns_.load(std::memory_order_relaxed)));
  if (stage == Stage::GivenUp) return answer;
  // Acquire and release pair with each other: one thread at a time.
  if (is_comparing_.exchange(true, std::memory_order_acquire)) return answer;
  const bool is_due = stage == stage_.load(std::memory_order_relaxed) &&
                      (stage != Stage::Comparing || system - seen_ns_ >= kFirstCompareNs) &&
                      ticks - base_ticks_.load(std::memory_order_relaxed) >=
                          compare_after_.load(std::memory_order_relaxed);
  if (!is_due) {
    is_comparing_.store(false, std::memory_order_release);
    return answer;
  }
  if (stage == Stage::New) {
    stage_.store(is_trustworthy() ? Stage::Comparing : Stage::GivenUp, std::memory_order_relaxed);
  } else {
    adjust(ticks, system);
  }
  seen_ticks_ = ticks;
  seen_ns_ = system;
  is_comparing_.store(false, std::memory_order_release);
  return instant(std::max(system, floor_ns_.load(std::memory_order_relaxed)));
}

/// Begins another period of conversion, or gives up.
void TscTime::adjust(std::uint64_t ticks, std::int64_t system) noexcept {
  const double elapsed = static_cast<double>(system - seen_ns_);
  const double rate =
      elapsed / static_cast<double>(std::max<std::uint64_t>(ticks - seen_ticks_, 1));
  std::int64_t start = system;
  if (stage_.load(std::memory_order_relaxed) == Stage::Running) {
    const std::uint64_t base = base_ticks_.load(std::memory_order_relaxed);
    const std::int64_t base_ns = base_ns_.load(std::memory_order_relaxed);
    const std::uint64_t old_rate = ns_per_tick_.load(std::memory_order_relaxed);
    const std::int64_t expected = base_ns + in_ns(ticks - base, old_rate);
    const std::int64_t greatest =
        base_ns + in_ns(compare_after_.load(std::memory_order_relaxed), old_rate);
    floor_ns_.store(greatest, std::memory_order_relaxed);
    if (std::abs(static_cast<double>(system - expected)) > kGiveUpNs + elapsed * kRateError) {
      compare_after_.store(0, std::memory_order_relaxed);
      stage_.store(Stage::GivenUp, std::memory_order_relaxed);
      return;
    }
    start = std::max(system, greatest);  // nobody has seen a later time
  }
  const double slew = std::clamp(static_cast<double>(system - start) / kPeriodNs, -kSlewMax, 0.0);
  publish(ticks, start, rate * (1 + slew));
  stage_.store(Stage::Running, std::memory_order_relaxed);
}

void TscTime::publish(std::uint64_t ticks, std::int64_t ns, double ns_per_tick) noexcept {
  floor_ns_.store(ns, std::memory_order_relaxed);
  const std::uint32_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  base_ticks_.store(ticks, std::memory_order_relaxed);
  base_ns_.store(ns, std::memory_order_relaxed);
  ns_per_tick_.store(static_cast<std::uint64_t>(std::ldexp(ns_per_tick, 32)),
                     std::memory_order_relaxed);
  compare_after_.store(static_cast<std::uint64_t>(kPeriodNs / ns_per_tick),
                       std::memory_order_relaxed);
  version_.store(version + 2, std::memory_order_release);
}

constinit TscTime tsc_time;

}  // namespace

Instant tsc_now() noexcept { return tsc_time.now(); }

}  // namespace eventcore::detail

#else

namespace eventcore::detail {

Instant tsc_now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace eventcore::detail

#endif
