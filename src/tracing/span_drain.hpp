#pragma once

// `SpanDrain`: the thread that takes finished spans from the rings to the sinks.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/tracing/tracer.hpp"
#include "held_traces.hpp"
#include "span_decoder.hpp"
#include "span_ring.hpp"

namespace eventcore::detail {

struct TracerGate;

/// Thread-safety: Thread-safe. The members about forks are called by `SpanSpace`.
class SpanDrain {
 public:
  explicit SpanDrain(const TracerOptions& options);
  SpanDrain(const SpanDrain&) = delete;
  SpanDrain& operator=(const SpanDrain&) = delete;
  /// Waits for the thread. Requires: `end` was called if it was begun.
  ~SpanDrain();

  /// Starts the thread, for spans of `gate`.
  void begin(const TracerGate& gate);
  /// Starts the thread unless it runs: in a forked child.
  void start();
  /// True once all that was in the rings before the call was given to the sinks.
  bool flush(Deadline deadline);
  /// Has the thread end when it has done the same, and decided what is held back.
  bool end(Deadline deadline);

  [[nodiscard]] std::uint64_t delivered() const noexcept { return delivered_.load(kRelaxed); }
  [[nodiscard]] std::uint64_t held() const noexcept { return held_.load(kRelaxed); }
  [[nodiscard]] std::uint64_t not_kept() const noexcept { return not_kept_.load(kRelaxed); }
  [[nodiscard]] std::uint64_t undecided() const noexcept { return undecided_.load(kRelaxed); }

  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;

  /// What a fork leaves behind: a child begins with a new one and keeps the old one, unused.
  struct Shared {
    Mutex pass;  // held while rings are read and sinks called, so that a fork waits for their end
    Mutex mutex;
    std::condition_variable_any changed;
    std::uint64_t passes_wanted EVENTCORE_GUARDED_BY(mutex) = 0;
    std::uint64_t passes_done EVENTCORE_GUARDED_BY(mutex) = 0;
    bool is_ending EVENTCORE_GUARDED_BY(mutex) = false;
    bool is_running EVENTCORE_GUARDED_BY(mutex) = false;
    std::thread thread;
    std::unique_ptr<Shared> former = nullptr;
  };

  void run(Shared& shared);
  /// Reads every ring up to where it was written; the bytes that the fullest held.
  std::uint64_t pass(bool is_last);
  std::uint64_t read(SpanRing& ring);
  void take(const std::byte* record);
  void deliver();
  void deliver_kept();
  void look_at_clock();
  [[nodiscard]] bool wait(Shared& shared, std::uint64_t wanted, Deadline deadline);

  const std::vector<std::shared_ptr<SpanSink>> sinks_;
  const std::chrono::milliseconds poll_;
  const Clock& clock_;
  const TracerGate* gate_ = nullptr;

  std::unique_ptr<Shared> shared_ = std::make_unique<Shared>();

  // The thread's.
  SpanDecoder decoder_;
  std::optional<HeldTraces> traces_;
  std::vector<std::byte> kept_;
  std::chrono::nanoseconds wall_offset_{};

  // Atomic: written by the thread, read by anybody.
  std::atomic<std::uint64_t> delivered_ = 0;
  std::atomic<std::uint64_t> held_ = 0;
  std::atomic<std::uint64_t> not_kept_ = 0;
  std::atomic<std::uint64_t> undecided_ = 0;
};

}  // namespace eventcore::detail
