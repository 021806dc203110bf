#pragma once

// The rings of all threads, and the tracer that is installed.

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/tracing/span.hpp"
#include "eventcore/tracing/tracer.hpp"
#include "span_ring.hpp"

namespace eventcore::detail {

class SpanDrain;

/// What spans look at of the tracer that they begin under. Thread-safety: Immutable.
struct TracerGate {
  Sampler sampler = Sampler::always_on();
  SpanLimits limits;
  bool records_all = false;  ///< Unsampled spans too, for the `KeepRule`.
  const Clock* clock = nullptr;
  std::uint32_t number = 0;  ///< Of its tracer.
};

/// There is one, because a thread has one ring for all tracers, and it is never destroyed, because
/// threads end spans until they end. Thread-safety: Thread-safe.
class SpanSpace {
 public:
  [[nodiscard]] static SpanSpace& get();
  SpanSpace(const SpanSpace&) = delete;
  SpanSpace& operator=(const SpanSpace&) = delete;

  /// Makes `gate` the current one; false if there is another one. Keeps it for good.
  [[nodiscard]] bool install(std::unique_ptr<TracerGate> gate, SpanDrain& drain);
  /// Spans are none from here on. The drain is not used after the call.
  void uninstall(SpanDrain& drain) noexcept;

  /// The calling thread's ring; null if there is no memory. Starts the drain of a forked child.
  [[nodiscard, gnu::cold]] SpanRing* attach() noexcept;
  [[nodiscard]] SpanRing* first_ring() const noexcept {
    return rings_.load(std::memory_order_acquire);
  }
  /// Counts a span that nobody can take.
  void count_dropped() noexcept { dropped_.fetch_add(1, std::memory_order_relaxed); }
  void count_late() noexcept { late_.fetch_add(1, std::memory_order_relaxed); }
  /// Of the tracer that is or was last installed; in a forked child, since the fork.
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  [[nodiscard]] std::uint64_t late() const noexcept {
    return late_.load(std::memory_order_relaxed) - late_before_.load(std::memory_order_relaxed);
  }

 private:
  SpanSpace();
  [[nodiscard]] std::uint64_t dropped_ever() const noexcept;
  SpanRing* claim() noexcept;
  static void leave(void* ring) noexcept;
  static void before_fork() noexcept;
  static void after_fork_in_parent() noexcept;
  static void after_fork_in_child() noexcept;

  // Atomic: rings are only ever added, and each stays.
  std::atomic<SpanRing*> rings_ = nullptr;
  std::atomic<std::uint64_t> dropped_ = 0;         // atomic: counted by threads without a ring
  std::atomic<std::uint64_t> late_ = 0;            // atomic: counted by any thread
  std::atomic<std::uint64_t> dropped_before_ = 0;  // atomic: set by `install`, read by anybody
  std::atomic<std::uint64_t> late_before_ = 0;

  Mutex mutex_;
  SpanDrain* drain_ EVENTCORE_GUARDED_BY(mutex_) = nullptr;
  std::vector<std::unique_ptr<TracerGate>> gates_ EVENTCORE_GUARDED_BY(mutex_);
};

/// The calling thread's ring; null before its first span and while it ends.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local SpanRing* thread_span_ring =
    nullptr;

[[nodiscard]] inline SpanRing* own_ring() noexcept {
  SpanRing* const ring = thread_span_ring;
  return ring != nullptr ? ring : SpanSpace::get().attach();
}

}  // namespace eventcore::detail
