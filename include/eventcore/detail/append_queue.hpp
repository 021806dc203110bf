#pragma once

/// \file
/// `AppendQueue`: from submitters to a store's writer, bounded, in the order of submission.
//
// A stack that submitters push to without a lock and the writer takes whole, then turns round.
// The writer is woken only if it sleeps. Closing swaps in an end mark, so that nothing is pushed
// behind the writer's last look.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/event_store.hpp"

namespace eventcore::detail {

/// Thread-safety: `push` and `wake` from every thread, the rest from the writer.
class AppendQueue {
 public:
  AppendQueue(std::size_t operations_max, std::size_t bytes_max)
      : operations_max_(operations_max), bytes_max_(bytes_max) {}
  AppendQueue(const AppendQueue&) = delete;
  AppendQueue& operator=(const AppendQueue&) = delete;

  enum class Pushed : std::uint8_t { Accepted, Full, Closed };
  [[nodiscard]] Pushed push(AppendOperation& operation) noexcept;
  /// Wakes the writer without an operation.
  void wake() noexcept EVENTCORE_EXCLUDES(mutex_);

  /// Everything that was pushed since the last call, first in front, linked by `next`.
  [[nodiscard]] AppendOperation* take() noexcept;
  /// The same, and refuses further operations.
  [[nodiscard]] AppendOperation* take_and_close() noexcept;
  /// An operation leaves the store: it makes room for another.
  void release(const AppendOperation& operation) noexcept;
  /// Sleeps until something is pushed or `wake` is called, or until `until`. Also when closed.
  void sleep(Instant until) EVENTCORE_EXCLUDES(mutex_);

  [[nodiscard]] bool is_empty() const noexcept {
    return top_.load(std::memory_order_acquire) == nullptr;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    return operations_.load(std::memory_order_relaxed);
  }

  /// What an operation counts for against the limit of bytes.
  [[nodiscard]] static std::size_t bytes_of(const AppendOperation& operation) noexcept {
    return operation.batch.byte_count() + kBytesBesides;
  }

 private:
  static constexpr std::size_t kBytesBesides = 256;

  [[nodiscard]] AppendOperation* end_mark() noexcept;
  [[nodiscard]] static AppendOperation* turn_round(AppendOperation* top) noexcept;

  const std::size_t operations_max_;
  const std::size_t bytes_max_;

  // Submitters meet here; apart from the counters, which every operation changes twice.
  alignas(64) std::atomic<AppendOperation*> top_ = nullptr;
  alignas(64) std::atomic<std::size_t> operations_ = 0;
  std::atomic<std::size_t> bytes_ = 0;
  // The writer sets it and then looks at `top_`; a submitter pushes and then looks at it:
  // sequentially consistent, so that one of them sees the other.
  alignas(64) std::atomic<bool> sleeping_ = false;

  Mutex mutex_;
  std::condition_variable_any awake_;
  bool woken_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::detail
