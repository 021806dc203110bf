#include "eventcore/detail/exemplar_shelf.hpp"

#include <time.h>

#include <chrono>
#include <new>

#include "eventcore/observability/metrics_snapshot.hpp"

namespace eventcore::observability::detail {
namespace {

constexpr std::int64_t kPauseNs = 100'000'000;

/// The wall clock to a few milliseconds, which costs a fifth of the exact one.
std::int64_t coarse_wall_ns() noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

struct ExemplarShelf::Place {
  // Atomic: tried by writers and readers, who both give up when it is taken.
  mutable std::atomic<bool> is_taken = false;
  std::atomic<std::int64_t> at_ns = 0;  // atomic: looked at before the place is taken
  Exemplar exemplar;

  /// Acquire and release pair with each other: who takes the place sees the last one's exemplar.
  [[nodiscard]] bool take() const noexcept {
    return !is_taken.exchange(true, std::memory_order_acquire);
  }
  void give_back() const noexcept { is_taken.store(false, std::memory_order_release); }
};

ExemplarShelf::~ExemplarShelf() { delete[] places_.load(std::memory_order_acquire); }

void ExemplarShelf::offer(std::size_t buckets, std::size_t bucket, double value,
                          const TraceContext& trace) noexcept {
  Place* places = places_.load(std::memory_order_acquire);
  if (places == nullptr) {
    Place* const made = new (std::nothrow) Place[buckets];
    if (made == nullptr) return;
    if (places_.compare_exchange_strong(places, made, std::memory_order_acq_rel)) {
      places = made;
    } else {
      delete[] made;
    }
  }
  Place& place = places[bucket];
  const std::int64_t now = coarse_wall_ns();
  const std::int64_t last = place.at_ns.load(std::memory_order_relaxed);
  const bool is_soon = now >= last && now - last < kPauseNs;  // a clock may step back
  if (is_soon || !place.take()) return;
  place.at_ns.store(now, std::memory_order_relaxed);
  place.exemplar = {trace, value, Timestamp(std::chrono::nanoseconds(now))};
  place.give_back();
}

std::vector<BucketExemplar> ExemplarShelf::list(std::size_t buckets) const {
  std::vector<BucketExemplar> result;
  const Place* places = places_.load(std::memory_order_acquire);
  if (places == nullptr) return result;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    const Place& place = places[bucket];
    if (place.at_ns.load(std::memory_order_relaxed) == 0 || !place.take()) continue;
    // A place that was given its first exemplar at this moment may still be without one.
    if (place.exemplar.trace.is_valid()) result.push_back({bucket, place.exemplar});
    place.give_back();
  }
  return result;
}

}  // namespace eventcore::observability::detail
