#pragma once

// A bounded queue of encoded items and the thread that sends them.
//
// 1. Items are in order: the open batch is filled, full ones wait behind those before them, the
//    oldest is being sent. Whatever happens to an item, it is counted once: exported or dropped.
// 2. A batch that can't be sent stays the first one and is tried again, with growing pauses. What
//    comes while the queue is full is dropped before it is encoded, so that an outage costs
//    nothing.
// 3. Memory is bounded by items and by bytes: the batches, and one request that is made of one.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "eventcore/clock.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/otlp/otlp_exporter.hpp"
#include "resource.hpp"
#include "settings.hpp"
#include "state_report.hpp"

namespace eventcore::detail {

/// Sends what is put into it. Thread-safety: Thread-safe. Ownership: owns a thread, which the first
/// item starts and `shutdown` ends; call that before the destructor.
class BatchSender {
 public:
  explicit BatchSender(std::shared_ptr<const OtlpSettings> settings);
  BatchSender(const BatchSender&) = delete;
  BatchSender& operator=(const BatchSender&) = delete;
  ~BatchSender();

  /// Puts `count` items in; `encode(batch, i)` appends the i-th to a batch, or throws.
  template <class Encode>
  void put(std::size_t count, const Encode& encode) noexcept EVENTCORE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::size_t i = 0;
    try {
      for (; i < count && has_place(); ++i) {
        const std::size_t before = open_.items.size();
        encode(open_.items, i);
        note_item(open_.items.size() - before);
      }
    } catch (...) {
      // No memory: as if the queue were full.
    }
    note_all(count, count - i);
  }

  OtlpDelivery flush(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);
  OtlpDelivery shutdown(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] OtlpStats stats() const EVENTCORE_EXCLUDES(mutex_);

  /// In the child of a fork, where the thread is not: gives back sockets. Nothing else may be
  /// called afterwards, not even the destructor.
  void abandon() noexcept { transport_->abandon(); }

 private:
  struct Batch {
    std::string items;
    std::size_t count = 0;
  };

  [[nodiscard]] bool has_place() const noexcept EVENTCORE_REQUIRES(mutex_) {
    return !ended_ && stats_.queued < settings_->queue_max &&
           stats_.queued_bytes < settings_->queue_bytes_max;
  }
  void note_item(std::size_t bytes) noexcept EVENTCORE_REQUIRES(mutex_);
  void note_all(std::size_t count, std::size_t dropped) noexcept EVENTCORE_REQUIRES(mutex_);
  void seal() noexcept EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] std::uint64_t done() const noexcept EVENTCORE_REQUIRES(mutex_) {
    return stats_.exported + stats_.dropped();
  }
  OtlpDelivery wait_for(std::uint64_t target, Deadline deadline, MutexLock& lock)
      EVENTCORE_REQUIRES(mutex_);

  void run() EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] bool wait_for_batch(MutexLock& lock) EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] OtlpReply try_to_send(const Batch& batch, std::string& request);
  bool settle(const Batch& batch, const OtlpReply& reply) EVENTCORE_REQUIRES(mutex_);
  void pause(const OtlpReply& reply, std::uint64_t flushes, MutexLock& lock)
      EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] std::chrono::milliseconds next_pause(const OtlpReply& reply);

  // Constant.
  const std::shared_ptr<const OtlpSettings> settings_;
  const RequestFrame frame_;
  const std::unique_ptr<OtlpTransport> transport_;

  // Confined to the thread.
  StateReport report_;
  std::minstd_rand random_;
  int failures_ = 0;  // without an acceptance in between

  mutable Mutex mutex_;
  std::condition_variable_any work_;     // for the thread: items, a flush, the end
  std::condition_variable_any settled_;  // for those who flush
  Batch open_ EVENTCORE_GUARDED_BY(mutex_);
  Instant open_until_ EVENTCORE_GUARDED_BY(mutex_){};
  std::deque<Batch> sealed_ EVENTCORE_GUARDED_BY(mutex_);
  std::string spare_ EVENTCORE_GUARDED_BY(mutex_);  // memory of a batch that has gone
  OtlpStats stats_ EVENTCORE_GUARDED_BY(mutex_);
  std::uint64_t flushes_ EVENTCORE_GUARDED_BY(mutex_) = 0;  // begun; each ends a pause
  int waiting_ EVENTCORE_GUARDED_BY(mutex_) = 0;            // flushes under way
  bool ended_ EVENTCORE_GUARDED_BY(mutex_) = false;         // takes no more
  bool stopping_ EVENTCORE_GUARDED_BY(mutex_) = false;      // sends no more
  std::thread thread_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::detail
