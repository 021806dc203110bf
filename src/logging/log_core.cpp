#include "log_core.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <system_error>
#include <utility>

#include "../core/poll_pause.hpp"
#include "../core/quiet_thread.hpp"
#include "futex.hpp"
#include "thread_log_ring.hpp"

namespace eventcore::detail {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// The drain looks for records so often: soon again after it has found some.
constexpr std::chrono::nanoseconds kShortSleep = microseconds(200);
constexpr std::chrono::nanoseconds kLongSleep = milliseconds(10);

/// Hands the thread's ring back when the thread ends.
struct ThreadEnd {
  ThreadEnd() = default;
  ThreadEnd(const ThreadEnd&) = delete;
  ThreadEnd& operator=(const ThreadEnd&) = delete;
  ~ThreadEnd() {
    LogRing* const ring = std::exchange(thread_log_ring, no_ring());
    // Destructors of globals follow on the main thread, and may log.
    if (getpid() == gettid()) thread_log_ring = nullptr;
    if (ring != nullptr && ring != no_ring()) LogCore::instance().leave(*ring);
  }
};

}  // namespace

LogCore& LogCore::instance() noexcept {
  static LogCore* const core = new LogCore;
  return *core;
}

LogCore::LogCore() : clock_(&system_clock()) {}

void LogCore::link(LogSite& site) noexcept {
  const MutexLock lock(mutex_);
  if (site.state_.load(std::memory_order_relaxed) != LogSite::State::New) return;
  site.id_ = static_cast<std::uint32_t>(sites_.size());
  sites_.push_back(&site);
  site.budget_.store(std::uint64_t{window_} << 32 | site_rate_max_, std::memory_order_relaxed);
  switch_site(site);
}

void LogCore::switch_site(LogSite& site) {
  const bool on = site.level() >= filter_.level_of(site.target());
  // Release: pairs with the acquire in `LogSite::admit`; the id is there.
  site.state_.store(on ? LogSite::State::On : LogSite::State::Off, std::memory_order_release);
}

LogRing* LogCore::attach() noexcept {
  ensure_drain();
  // A thread that gets here again has already ended as far as its own objects go.
  thread_local bool has_end = false;
  try {
    const MutexLock lock(mutex_);
    for (const auto& ring : rings_) {
      if (ring->is_owned || ring->queued() != 0 || ring->capacity() != ring_bytes_) continue;
      thread_log_ring = ring.get();
      break;
    }
    if (thread_log_ring == nullptr) {
      thread_log_ring = rings_.emplace_back(std::make_unique<LogRing>(ring_bytes_)).get();
    }
    thread_log_ring->is_owned = true;
  } catch (const std::bad_alloc&) {
    thread_log_ring = nullptr;
    return nullptr;
  }
  if (!std::exchange(has_end, true)) {
    thread_local const ThreadEnd end;
    static_cast<void>(end);
  }
  return thread_log_ring;
}

void LogCore::leave(LogRing& ring) noexcept {
  const MutexLock lock(mutex_);
  ring.is_owned = false;
}

void LogCore::drop(LogLevel level) noexcept {
  homeless_drops_[static_cast<std::size_t>(level)].fetch_add(1, std::memory_order_relaxed);
}

std::byte* LogCore::await_room(LogRing& ring, std::uint32_t bytes) noexcept {
  const Instant end = std::chrono::steady_clock::now() +
                      std::chrono::nanoseconds(error_wait_ns_.load(std::memory_order_relaxed));
  if (ring.waited_in_vain || !drain_runs_.load(std::memory_order_relaxed)) return nullptr;
  do {
    wake_drain();
    const timespec pause{0, 50'000};
    nanosleep(&pause, nullptr);
    if (std::byte* const at = ring.reserve(bytes)) return at;
  } while (std::chrono::steady_clock::now() < end);
  ring.waited_in_vain = true;
  return nullptr;
}

void LogCore::wake_drain() noexcept {
  // Relaxed: a drain that is about to sleep is woken by the next record.
  if (!drain_sleeps_.load(std::memory_order_relaxed)) return;
  if (!drain_sleeps_.exchange(false, std::memory_order_relaxed)) return;
  wakes_.fetch_add(1, std::memory_order_release);  // pairs with the acquire in `run_drain`
  futex_wake(wakes_);
}

void LogCore::ensure_drain() noexcept {
  if (drain_runs_.load(std::memory_order_acquire)) return;
  const MutexLock lock(control_);
  if (is_ready_ && !drain_runs_.load(std::memory_order_relaxed)) start_drain();
}

void LogCore::start_drain() noexcept {
  if (process_ends_.load(std::memory_order_relaxed)) return;
  try {
    drain_thread_ = std::make_unique<std::thread>();  // nothing fails once it runs
    *drain_thread_ = quiet_thread("eventcore-log", [this] { run_drain(); });
    drain_runs_.store(true, std::memory_order_release);
  } catch (const std::exception&) {
    drain_thread_.reset();  // the next thread that logs for the first time tries again
  }
}

void LogCore::run_drain() noexcept {
  thread_log_ring = no_ring();  // what a sink logs would come back to it
  PollPause sleep(kShortSleep, kLongSleep);
  for (;;) {
    const std::uint32_t wakes = wakes_.load(std::memory_order_acquire);
    const std::uint32_t asked = flush_asked_.load(std::memory_order_acquire);
    const bool ends = process_ends_.load(std::memory_order_acquire);
    const bool flushes = ends || asked != flush_done_.load(std::memory_order_relaxed);
    {
      const MutexLock lock(drain_mutex_);
      pass(flushes);
      sleep.saw(fullest_.queued, fullest_.capacity);
    }
    if (flushes) {
      flush_done_.store(asked, std::memory_order_release);  // pairs with `flush`
      futex_wake(flush_done_);
    }
    if (ends) break;
    drain_sleeps_.store(true, std::memory_order_relaxed);
    futex_wait(wakes_, wakes, sleep.now());
    drain_sleeps_.store(false, std::memory_order_relaxed);
  }
  drain_ended_.store(1, std::memory_order_release);
  futex_wake(drain_ended_);
}

LogFlush LogCore::flush(Deadline deadline) noexcept {
  LogFlush result;
  {
    const MutexLock lock(control_);
    if (!is_ready_) return {.is_complete = true};
    if (!drain_runs_.load(std::memory_order_relaxed)) start_drain();
  }
  const std::uint32_t asked = flush_asked_.fetch_add(1, std::memory_order_acq_rel) + 1;
  wakes_.fetch_add(1, std::memory_order_release);
  futex_wake(wakes_);
  for (;;) {
    const std::uint32_t done = flush_done_.load(std::memory_order_acquire);
    result.is_complete = static_cast<std::int32_t>(done - asked) >= 0;
    const auto left =
        deadline.is_never() ? std::chrono::seconds(1) : deadline.at - system_clock().now();
    if (result.is_complete || left <= std::chrono::nanoseconds(0) ||
        drain_ended_.load(std::memory_order_relaxed) != 0) {
      break;
    }
    futex_wait(flush_done_, done, left);
  }
  const bool is_written = result.is_complete;
  result.is_complete = deliver(deadline) && is_written;
  const MutexLock lock(mutex_);
  if (!is_written) {
    for (const auto& ring : rings_) result.waiting += ring->queued();
  }
  const std::uint64_t dropped = dropped_in_all() + counts_.lost.load(std::memory_order_relaxed);
  result.dropped = dropped - flushed_drops_.exchange(dropped, std::memory_order_relaxed);
  return result;
}

bool LogCore::deliver(Deadline deadline) noexcept {
  bool is_complete = true;
  try {
    std::vector<std::shared_ptr<LogExporter>> exporters;
    {
      const MutexLock lock(control_);
      exporters = exporters_;
    }
    for (const auto& exporter : exporters) is_complete = exporter->deliver(deadline) && is_complete;
  } catch (...) {
    count_up(counts_.sink_errors);
    return false;
  }
  return is_complete;
}

void LogCore::end_process() noexcept {
  process_ends_.store(true, std::memory_order_release);
  const Instant end = std::chrono::steady_clock::now() +
                      std::chrono::nanoseconds(exit_wait_ns_.load(std::memory_order_relaxed));
  if (join_drain(end)) deliver(Deadline{end});
}

bool LogCore::join_drain(Instant end) noexcept {
  const MutexLock lock(control_);
  if (!drain_runs_.load(std::memory_order_relaxed)) return false;
  wakes_.fetch_add(1, std::memory_order_release);
  futex_wake(wakes_);
  while (drain_ended_.load(std::memory_order_acquire) == 0) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds(0)) return false;  // its sink hangs and ends with all
    futex_wait(drain_ended_, 0, left);
  }
  drain_thread_->join();
  drain_runs_.store(false, std::memory_order_relaxed);
  return true;
}

void LogCore::before_fork() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  control_.lock();
  drain_mutex_.lock();
  mutex_.lock();
}

void LogCore::after_fork_in_parent() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  mutex_.unlock();
  drain_mutex_.unlock();
  control_.unlock();
}

void LogCore::after_fork_in_child() noexcept EVENTCORE_NO_THREAD_SAFETY_ANALYSIS {
  // Only the thread that has forked is left; the others' rings are free, and all are empty.
  for (const auto& ring : rings_) {
    ring->discard();
    ring->is_owned = ring.get() == thread_log_ring;
  }
  // The first record attaches anew, and that starts a drain.
  if (thread_log_ring != no_ring() && thread_log_ring != nullptr) {
    thread_log_ring->is_owned = false;
    thread_log_ring = nullptr;
  }
  if (drain_thread_) new (drain_thread_.get()) std::thread;  // the parent's; nothing to join here
  drain_runs_.store(false, std::memory_order_relaxed);
  drain_sleeps_.store(false, std::memory_order_relaxed);
  flush_done_.store(flush_asked_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  mutex_.unlock();
  drain_mutex_.unlock();
  control_.unlock();
}

}  // namespace eventcore::detail
