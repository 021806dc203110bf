#include "span_space.hpp"

#include <pthread.h>

#include "eventcore/assert.hpp"
#include "span_drain.hpp"
#include "trace_ids.hpp"

namespace eventcore::detail {
namespace {

/// Tells `SpanSpace::leave` when a thread ends; a key, because its destructor runs after those of
/// thread-local objects, which may still end spans.
pthread_key_t& leave_key() noexcept {
  static pthread_key_t key{};
  return key;
}

}  // namespace

SpanSpace& SpanSpace::get() {
  static SpanSpace* const space = new SpanSpace;
  return *space;
}

SpanSpace::SpanSpace() {
  EVENTCORE_ASSERT(pthread_key_create(&leave_key(), &SpanSpace::leave) == 0,
                   "no key for thread-specific data is left");
  pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child);
}

bool SpanSpace::install(std::unique_ptr<TracerGate> gate, SpanDrain& drain) {
  const MutexLock lock(mutex_);
  if (drain_ != nullptr) return false;
  gates_.push_back(std::move(gate));
  gates_.back()->number = static_cast<std::uint32_t>(gates_.size());
  dropped_before_.store(dropped_ever(), std::memory_order_relaxed);
  late_before_.store(late_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  drain.begin(*gates_.back());
  drain_ = &drain;
  // Release: pairs with the acquire of `Span`, which reads the gate.
  current_gate.store(gates_.back().get(), std::memory_order_release);
  return true;
}

void SpanSpace::uninstall(SpanDrain& drain) noexcept {
  const MutexLock lock(mutex_);
  if (drain_ == &drain) drain_ = nullptr;
}

std::uint64_t SpanSpace::dropped() const noexcept {
  return dropped_ever() - dropped_before_.load(std::memory_order_relaxed);
}

std::uint64_t SpanSpace::dropped_ever() const noexcept {
  std::uint64_t sum = dropped_.load(std::memory_order_relaxed);
  for (const SpanRing* ring = first_ring(); ring != nullptr; ring = ring->next_ring) {
    sum += ring->dropped();
  }
  return sum;
}

SpanRing* SpanSpace::attach() noexcept {
  SpanRing* const ring = claim();
  if (ring == nullptr || pthread_setspecific(leave_key(), ring) != 0) {
    if (ring != nullptr) ring->is_owned.store(false, std::memory_order_release);
    return nullptr;
  }
  const MutexLock lock(mutex_);
  if (drain_ != nullptr) drain_->start();
  return thread_span_ring = ring;
}

/// A ring that no thread owns, or a new one; null if there is no memory.
SpanRing* SpanSpace::claim() noexcept {
  for (SpanRing* ring = first_ring(); ring != nullptr; ring = ring->next_ring) {
    // Acquire: pairs with the release of the thread that left, whose place is continued.
    if (!ring->is_owned.load(std::memory_order_relaxed) &&
        !ring->is_owned.exchange(true, std::memory_order_acquire)) {
      return ring;
    }
  }
  SpanRing* const ring = SpanRing::make();
  if (ring == nullptr) return nullptr;
  ring->next_ring = rings_.load(std::memory_order_relaxed);
  // Release: pairs with the acquire of those who walk the list.
  while (!rings_.compare_exchange_weak(ring->next_ring, ring, std::memory_order_release,
                                       std::memory_order_relaxed)) {
  }
  return ring;
}

void SpanSpace::leave(void* ring) noexcept {
  thread_span_ring = nullptr;
  auto* const left = static_cast<SpanRing*>(ring);
  left->drop_buffers();
  left->is_owned.store(false, std::memory_order_release);
}

// A fork waits until the drain is between two visits to its sinks, which the child inherits whole.
// The analysis can't follow locks that are held over a fork.
void SpanSpace::before_fork() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  SpanSpace& space = get();
  space.mutex_.lock();
  if (space.drain_ != nullptr) space.drain_->before_fork();
}

void SpanSpace::after_fork_in_parent() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  SpanSpace& space = get();
  if (space.drain_ != nullptr) space.drain_->after_fork_in_parent();
  space.mutex_.unlock();
}

void SpanSpace::after_fork_in_child() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  SpanSpace& space = get();
  for (SpanRing* ring = space.first_ring(); ring != nullptr; ring = ring->next_ring) {
    ring->forget();
    // The one thread that is left keeps its ring, but attaches again, which starts a drain.
    ring->is_owned.store(ring == thread_span_ring, std::memory_order_relaxed);
  }
  if (thread_span_ring != nullptr) {
    pthread_setspecific(leave_key(), nullptr);
    thread_span_ring->is_owned.store(false, std::memory_order_relaxed);
    thread_span_ring = nullptr;
  }
  reseed_trace_ids();
  for (auto* count : {&space.dropped_, &space.late_, &space.dropped_before_, &space.late_before_}) {
    count->store(0, std::memory_order_relaxed);
  }
  if (space.drain_ != nullptr) space.drain_->after_fork_in_child();
  space.mutex_.unlock();
}

}  // namespace eventcore::detail
