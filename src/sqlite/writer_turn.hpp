#pragma once

// `WriterTurn`: whose turn it is to write, among the processes and stores that use one file.
//
// SQLite's own lock has no queue: two writers that poll for it starve each other. So a writer first
// locks byte `next` of a side file, then byte `current`, then lets `next` go, and lets `current` go
// after its group: whoever waits for `current` is served before the last holder comes back. The
// locks are open file description locks, which the kernel drops with the process; waiting uses a
// futex in the file's first page, which is mapped, and a timeout where a holder died.
//
// The page also holds the head, so that another process's commits are noticed by an atomic load.
// Everything in it is a hint: a lost or stale page costs fairness and time, never correctness.

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "eventcore/clock.hpp"
#include "eventcore/position.hpp"
#include "eventcore/result.hpp"

namespace eventcore::sqlite {

/// Thread-safety: `shared_head` and `may_be_behind` from every thread, the rest from one at a time.
class WriterTurn {
 public:
  WriterTurn() = default;
  WriterTurn(const WriterTurn&) = delete;
  WriterTurn& operator=(const WriterTurn&) = delete;
  ~WriterTurn();

  /// Opens or creates the side file of `database`. A reader does without one that it may not write.
  /// Errors: Unavailable.
  [[nodiscard]] Result<void> open(const std::filesystem::path& database, bool read_only);
  [[nodiscard]] bool is_open() const noexcept { return page_ != nullptr; }

  /// Waits for the turn; `keep_waiting` is asked now and then, and ends the wait with false.
  [[nodiscard]] bool acquire(const std::function<bool()>& keep_waiting);
  void release() noexcept;

  /// Tells others the head after a commit.
  void announce(Position head) noexcept;
  /// The head that was announced last; 0 if nobody can tell.
  [[nodiscard]] Position shared_head() const noexcept;
  /// Takes back an announcement that the file contradicts, as after restoring an older copy.
  void correct(Position announced, Position actual) noexcept;

 private:
  struct Page {
    std::atomic<std::uint32_t> released;  // counts releases; waiters sleep on it
    std::atomic<std::uint32_t> waiters;   // may be too high after a crash
    alignas(64) std::atomic<std::uint64_t> head;
  };
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  [[nodiscard]] bool try_lock(off_t byte) noexcept;
  [[nodiscard]] bool lock(off_t byte, const std::function<bool()>& keep_waiting);
  void unlock(off_t byte) noexcept;

  int file_ = -1;
  Page* page_ = nullptr;
  bool writable_ = false;
};

/// The side file's path.
[[nodiscard]] std::filesystem::path writers_file(const std::filesystem::path& database);

}  // namespace eventcore::sqlite
