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
#include <optional>
#include <string_view>

namespace eventcore::detail {
namespace {

constexpr std::int64_t kFirstCompareNs = 10'000'000;
constexpr double kPeriodMaxNs = 1e9;
constexpr std::uint64_t kReadTicksMax = 1'000;
// A first comparison that took longer may have been interrupted by a sleep of the machine.
constexpr std::int64_t kFirstCompareMaxNs = 100'000'000;
constexpr int kFailuresMax = 100;
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

/// Counter and system clock at one moment.
struct Moment {
  std::uint64_t ticks = 0;
  std::int64_t ns = 0;
};

/// Both, to some 10 ns: of several tries the one that took least. Nothing if other threads had the
/// processor in all of them.
std::optional<Moment> read_moment() noexcept {
  std::uint64_t least = kReadTicksMax;
  std::optional<Moment> moment;
  for (int i = 0; i < 5; ++i) {
    const std::uint64_t before = __rdtsc();
    const std::int64_t ns = system_ns();
    const std::uint64_t took = __rdtsc() - before;
    if (took >= least) continue;
    least = took;
    moment = {before, ns};  // so that the time is rather ahead of the system's than behind it
  }
  return moment;
}

/// The conversion from ticks to nanoseconds. Read without a lock: `version` is odd while it is
/// changed, and a reader who has met a change asks the system instead.
class TscTime {
 public:
  Instant now() noexcept {
    // Acquire: pairs with the releases in `publish`. Who reads one value of a later version sees in
    // the end that the version is another.
    const std::uint32_t version = version_.load(std::memory_order_acquire);
    const std::uint64_t base_ticks = base_ticks_.load(std::memory_order_acquire);
    const std::int64_t base_ns = base_ns_.load(std::memory_order_acquire);
    const std::uint64_t ns_per_tick = ns_per_tick_.load(std::memory_order_acquire);
    const std::uint64_t compare_after = compare_after_.load(std::memory_order_acquire);
    const bool is_whole =
        (version & 1U) == 0 && version == version_.load(std::memory_order_relaxed);
    const std::uint64_t ticks = __rdtsc() - base_ticks;
    if (!is_whole) [[unlikely]] {
      return compare(0);
    }
    if (ticks >= compare_after) [[unlikely]] {
      // After its period the time is not less than what others were told at the end of it. The
      // counter may also have been read before the base was: then it is at the base.
      const bool is_over = static_cast<std::int64_t>(ticks) >= 0;
      return compare(base_ns + (is_over ? in_ns(compare_after, ns_per_tick) : 0));
    }
    return instant(base_ns + in_ns(ticks, ns_per_tick));
  }

 private:
  enum class Stage : std::uint8_t { New, Comparing, Running, GivenUp };

  static std::int64_t in_ns(std::uint64_t ticks, std::uint64_t ns_per_tick) noexcept {
    __extension__ using Product = unsigned __int128;
    return static_cast<std::int64_t>((static_cast<Product>(ticks) * ns_per_tick) >> 64);
  }

  [[gnu::cold, gnu::noinline]] Instant compare(std::int64_t least_ns) noexcept;
  [[nodiscard]] bool is_due() const noexcept;
  void take_up(const std::optional<Moment>& moment) noexcept;
  void adjust(const Moment& moment) noexcept;
  void give_up() noexcept;
  void publish(std::uint64_t ticks, std::int64_t ns, double ns_per_tick, double period) noexcept;

  // Atomic: read by all threads, changed by the one that has `is_comparing_`.
  std::atomic<std::uint32_t> version_ = 0;
  std::atomic<std::uint64_t> base_ticks_ = 0;
  std::atomic<std::int64_t> base_ns_ = 0;
  std::atomic<std::uint64_t> ns_per_tick_ = 0;    // in 1/2^64
  std::atomic<std::uint64_t> compare_after_ = 0;  // ticks from the base; 0: ask the system
  std::atomic<std::int64_t> floor_ns_ = 0;        // the least time that may be told
  std::atomic<bool> is_comparing_ = false;        // atomic: tried by who finds it is time
  std::atomic<Stage> stage_ = Stage::New;         // atomic: read without `is_comparing_`

  // Changed by the one that has `is_comparing_`.
  Moment seen_;       // of the last comparison
  int failures_ = 0;  // moments in a row that could not be read
};

/// The system's time, at least `least_ns`; and what is due: to begin, to compare, or to give up.
Instant TscTime::compare(std::int64_t least_ns) noexcept {
  const std::int64_t least = std::max(least_ns, floor_ns_.load(std::memory_order_relaxed));
  const Instant answer = instant(std::max(system_ns(), least));
  // Acquire and release pair with each other: one thread at a time.
  if (stage_.load(std::memory_order_relaxed) == Stage::GivenUp ||
      is_comparing_.exchange(true, std::memory_order_acquire)) {
    return answer;
  }
  if (is_due()) take_up(read_moment());
  is_comparing_.store(false, std::memory_order_release);
  return answer;
}

/// Goes on to the next stage, if there is a moment to compare with.
void TscTime::take_up(const std::optional<Moment>& moment) noexcept {
  const Stage stage = stage_.load(std::memory_order_relaxed);
  const bool is_useless = !moment && ++failures_ == kFailuresMax;
  if (is_useless || (stage == Stage::New && !is_trustworthy())) return give_up();
  if (!moment) return;
  failures_ = 0;
  if (stage == Stage::New) {
    stage_.store(Stage::Comparing, std::memory_order_relaxed);
  } else if (stage == Stage::Running || moment->ns - seen_.ns < kFirstCompareMaxNs) {
    adjust(*moment);
  }
  seen_ = *moment;
}

void TscTime::give_up() noexcept {
  compare_after_.store(0, std::memory_order_relaxed);
  stage_.store(Stage::GivenUp, std::memory_order_relaxed);
}

bool TscTime::is_due() const noexcept {
  switch (stage_.load(std::memory_order_relaxed)) {
    case Stage::New:
      return true;
    case Stage::Comparing:
      return system_ns() - seen_.ns >= kFirstCompareNs;
    case Stage::Running:
      return __rdtsc() - base_ticks_.load(std::memory_order_relaxed) >=
             compare_after_.load(std::memory_order_relaxed);
    case Stage::GivenUp:
      break;
  }
  return false;
}

/// Begins another period of conversion, or gives up.
void TscTime::adjust(const Moment& moment) noexcept {
  const auto [ticks, system] = moment;
  const double elapsed = static_cast<double>(system - seen_.ns);
  const double rate =
      elapsed / static_cast<double>(std::max<std::uint64_t>(ticks - seen_.ticks, 1));
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
      return give_up();
    }
    start = std::max(system, greatest);  // nobody has seen a later time
  }
  // The longer the comparison took, the better it is, and the longer it may be relied on.
  const double period = std::min(4 * elapsed, kPeriodMaxNs);
  const double slew = std::clamp(static_cast<double>(system - start) / period, -kSlewMax, 0.0);
  const double ns_per_tick = rate * (1 + slew);
  // No processor's counter is slower than 1 GHz or faster than 10: it has jumped.
  if (ticks <= seen_.ticks || ns_per_tick >= 1 || ns_per_tick < 0.1) return give_up();
  publish(ticks, start, ns_per_tick, period);
  stage_.store(Stage::Running, std::memory_order_relaxed);
}

void TscTime::publish(std::uint64_t ticks, std::int64_t ns, double ns_per_tick,
                      double period) noexcept {
  floor_ns_.store(ns, std::memory_order_relaxed);
  const std::uint32_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  base_ticks_.store(ticks, std::memory_order_release);
  base_ns_.store(ns, std::memory_order_release);
  ns_per_tick_.store(static_cast<std::uint64_t>(std::ldexp(ns_per_tick, 64)),
                     std::memory_order_release);
  compare_after_.store(static_cast<std::uint64_t>(period / ns_per_tick), std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

constinit TscTime tsc_time;  // one, as the counter is

}  // namespace

Instant tsc_now() noexcept { return tsc_time.now(); }

}  // namespace eventcore::detail

#else

namespace eventcore::detail {

Instant tsc_now() noexcept { return std::chrono::steady_clock::now(); }

}  // namespace eventcore::detail

#endif
