#pragma once

// `LogCore`: the log of this process: who logs, from where, and how it is set up.

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "eventcore/detail/log_site.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/logging/logging.hpp"
#include "log_drain.hpp"
#include "log_ring.hpp"

namespace eventcore::detail {

/// What records are timed with from now on. It lasts as long as the process.
void set_log_clock(const Clock& clock) noexcept;

/// One a process, and never destroyed: threads and destructors of globals log to the end.
///
/// 1. A thread's ring is found through `thread_log_ring`. A thread that ends leaves its ring to the
///    drain, which empties it, and to the next thread that needs one. Rings are never freed.
/// 2. `control_` is held over what changes the set-up, `drain_mutex_` over each pass of the drain,
///    `mutex_` over the lists. They are taken in this order, and all held over a fork: the child
///    finds them as they were between two passes. It forgets what was queued, which its parent
///    will write, and starts a drain when its first thread logs.
///
/// Thread-safety: Thread-safe.
class LogCore {
 public:
  [[nodiscard]] static LogCore& instance() noexcept;

  [[nodiscard]] Result<void> init(LoggingOptions options);
  [[nodiscard]] Result<void> set_filter(std::string_view text);
  [[nodiscard]] std::string filter();
  LogFlush flush(Deadline deadline) noexcept;
  [[nodiscard]] LogStats stats();

  /// Links a place that is reached for the first time, and switches it.
  [[gnu::cold]] void link(LogSite& site) noexcept;
  /// A ring for the calling thread; null if there is none to be had.
  [[gnu::cold]] LogRing* attach() noexcept;
  /// The thread that has `ring` ends.
  void leave(LogRing& ring) noexcept;
  /// Counts a record of a thread without a ring.
  void drop(LogLevel level) noexcept;
  /// Waits until `ring` has room for `bytes`; null if that takes too long.
  [[gnu::cold]] std::byte* await_room(LogRing& ring, std::uint32_t bytes) noexcept;
  void wake_drain() noexcept;

 private:
  LogCore();

  void ensure_drain() noexcept;
  void start_drain() noexcept EVENTCORE_REQUIRES(control_);
  void run_drain() noexcept;
  /// Returns the former drain.
  std::unique_ptr<LogDrain> set_up(LoggingOptions options, LogFormat format, LogFilter filter)
      EVENTCORE_REQUIRES(control_);
  bool deliver(Deadline deadline) noexcept EVENTCORE_EXCLUDES(control_);
  bool join_drain(Instant end) noexcept EVENTCORE_EXCLUDES(control_);
  void switch_site(LogSite& site) EVENTCORE_REQUIRES(mutex_);
  void begin_window() EVENTCORE_REQUIRES(mutex_);
  void pass(bool flushes) noexcept EVENTCORE_REQUIRES(drain_mutex_);
  void look_at_rings() EVENTCORE_REQUIRES(drain_mutex_);
  void report_suppressed() EVENTCORE_REQUIRES(drain_mutex_);
  void report_dropped() EVENTCORE_REQUIRES(drain_mutex_);
  [[nodiscard]] std::uint64_t dropped_in_all() EVENTCORE_REQUIRES(mutex_);
  void end_process() noexcept;
  static void before_end() noexcept { instance().end_process(); }

  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

  Mutex control_;
  bool is_ready_ EVENTCORE_GUARDED_BY(control_) = false;
  std::unique_ptr<std::thread> drain_thread_ EVENTCORE_GUARDED_BY(control_);
  std::vector<std::shared_ptr<LogExporter>> exporters_ EVENTCORE_GUARDED_BY(control_);

  Mutex drain_mutex_;
  std::unique_ptr<LogDrain> drain_ EVENTCORE_GUARDED_BY(drain_mutex_);
  std::vector<LogRing*> ring_list_ EVENTCORE_GUARDED_BY(drain_mutex_);        // as last copied
  struct {
    std::uint64_t queued = 0;
    std::uint64_t capacity = 0;
  } fullest_ EVENTCORE_GUARDED_BY(drain_mutex_);  // of the rings, when last looked at
  std::vector<std::uint64_t> suppressed_ EVENTCORE_GUARDED_BY(drain_mutex_);  // by site, reported
  std::uint64_t dropped_reported_ EVENTCORE_GUARDED_BY(drain_mutex_) = 0;
  Instant window_began_ EVENTCORE_GUARDED_BY(drain_mutex_){};

  Mutex mutex_;
  std::vector<std::unique_ptr<LogRing>> rings_ EVENTCORE_GUARDED_BY(mutex_);
  std::vector<LogSite*> sites_ EVENTCORE_GUARDED_BY(mutex_);  // by id
  LogFilter filter_ EVENTCORE_GUARDED_BY(mutex_);
  std::size_t ring_bytes_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::uint32_t site_rate_max_ EVENTCORE_GUARDED_BY(mutex_) = 0;
  std::uint32_t window_ EVENTCORE_GUARDED_BY(mutex_) = 1;

  // Atomic: read by all threads, written with `control_`.
  std::atomic<const Clock*> clock_;
  std::atomic<std::int64_t> error_wait_ns_ = 0;
  std::atomic<std::int64_t> exit_wait_ns_ = 0;
  std::atomic<bool> drain_runs_ = false;
  std::atomic<bool> process_ends_ = false;

  // Atomic: between the drain and who wakes it or waits for it.
  std::atomic<std::uint32_t> wakes_ = 0;  // slept on by the drain
  std::atomic<bool> drain_sleeps_ = false;
  std::atomic<std::uint32_t> flush_asked_ = 0;
  std::atomic<std::uint32_t> flush_done_ = 0;   // slept on by who flushes
  std::atomic<std::uint32_t> drain_ended_ = 0;  // slept on by who ends the process

  LogCounts counts_;
  std::array<std::atomic<std::uint64_t>, kLogLevels> homeless_drops_{};  // of threads without rings
  std::atomic<std::uint64_t> flushed_drops_ = 0;
  std::atomic<std::uint64_t> suppressed_sum_ = 0;
  std::atomic<std::uint64_t> queued_max_ = 0;
};

}  // namespace eventcore::detail
