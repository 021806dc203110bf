#pragma once

/// \file
/// `ExecutorCore`: what the commands of one executor share: the order of decisions, the stream
/// table, workers, limits and the probe.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "eventcore/command_executor.hpp"
#include "eventcore/detail/mutex.hpp"
#include "log_follower.hpp"
#include "stream_table.hpp"
#include "thread_scheduler.hpp"

namespace eventcore::detail {

/// The `type_number` of an event that no store has numbered yet.
inline constexpr std::uint32_t kUnnumbered = 0xffff'ffff;

/// Thread-safety: Thread-safe.
class ExecutorCore {
 public:
  ExecutorCore(EventStore& store, CommandExecutorOptions options);

  /// Counts a command in; fails when the executor is shut down or full.
  [[nodiscard]] Result<void> enter(bool bounded) noexcept;
  /// Counts it out. The last thing that a command does.
  void leave() noexcept;
  [[nodiscard]] Result<void> shutdown(Deadline deadline);
  /// Commands that are not being committed should end with `ShuttingDown`.
  [[nodiscard]] bool abandons() const noexcept {
    return abandoning_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint32_t in_flight() const noexcept {
    return in_flight_.load(std::memory_order_acquire);
  }

  [[nodiscard]] EventStore& store() noexcept { return store_; }
  [[nodiscard]] const Clock& clock() const noexcept { return *options_.clock; }
  [[nodiscard]] const CommandExecutorOptions& options() const noexcept { return options_; }
  [[nodiscard]] Probe* command_probe() const noexcept { return command_probe_; }
  /// Wants to be told when a command begins; else null.
  [[nodiscard]] Probe* start_probe() const noexcept { return start_probe_; }
  /// Gives commands their place in a trace; else null.
  [[nodiscard]] Probe* trace_probe() const noexcept { return trace_probe_; }
  [[nodiscard]] Scheduler& scheduler() noexcept { return *scheduler_; }
  void start_workers();

  /// The pause before the attempt after `attempt`.
  [[nodiscard]] std::chrono::nanoseconds backoff(std::uint32_t attempt) noexcept;
  /// The duration of each command is to be known, and not only of those with measured phases.
  [[nodiscard]] bool times_every_command() const noexcept { return times_every_command_; }
  /// This command's phases are to be measured.
  [[nodiscard]] bool measures_phases() noexcept;
  /// How many commands one whose phases are measured stands for; 0: none is measured.
  [[nodiscard]] std::uint32_t timing_weight() const noexcept;
  /// The alternative of `fold` for an event of this store; see `FoldType::alternative`.
  [[nodiscard]] int alternative(const FoldType& fold, const StoredEvent& event) const noexcept;

  /// Takes cached states into `boundary` for streams not gathered yet, and pins their slots.
  /// Streams that must be read are added to `to_read`, with the version each has so far: those
  /// without a state that was the newest one at `newest_at` or later, 0: any.
  void take_cached(Boundary& boundary, Position newest_at, std::vector<std::uint32_t>& to_read);
  /// What is queued on a stream, in order.
  [[nodiscard]] std::vector<PendingWrite> pending_of(const BoundaryStream& stream);
  /// Remembers committed states that were just read, at position `at`.
  void keep_committed(const Boundary& boundary, const std::vector<std::uint32_t>& streams,
                      Position at);
  /// Submits `node`, whose batch was decided on `boundary`; false if a state that it was decided
  /// on is not the newest any more, and nothing was submitted. Settles what the store has answered
  /// when it returns.
  [[nodiscard]] bool enqueue(Boundary& boundary, AppendNodePtr& node, CommandOperation& owner);
  /// Takes the end of an append into the table, and unpins the boundary's slots. A
  /// second call does nothing. Null: nothing was submitted.
  void settle(Boundary& boundary, AppendNode* node, bool stored) noexcept;

  /// There was a conflict with another writer: cached states are to follow the log from now on.
  void follow_others() noexcept;
  /// The log is being followed.
  [[nodiscard]] bool is_following() const noexcept {
    return following_.load(std::memory_order_relaxed);
  }

  // For the follower.

  /// Where to follow from.
  [[nodiscard]] Position begin_following();
  /// Brings cached states on with the events of `page`. True: some were of others.
  [[nodiscard]] bool follow(const EventPage& page);
  void end_following();

 private:
  struct FollowedState;
  struct FollowedStream;

  /// Waits until no command is under way, or for `until`; true if none is.
  [[nodiscard]] bool await_idle(Instant until) const;
  void take_stream(Boundary& boundary, std::uint32_t stream, Position newest_at,
                   std::vector<std::uint32_t>& to_read) EVENTCORE_REQUIRES(order_);
  [[nodiscard]] bool is_newest(const CachedFold& cached, Position at) const noexcept
      EVENTCORE_REQUIRES(order_);
  void keep(CachedFold& cached, std::shared_ptr<const void> state, StreamVersion version,
            Position at) noexcept EVENTCORE_REQUIRES(order_);
  Result<void> apply_followed(FollowedState& followed, const StoredEvent& event) const;
  [[nodiscard]] bool publish(std::string_view stream, FollowedStream& followed)
      EVENTCORE_REQUIRES(order_);
  [[nodiscard]] bool checks_hit(const FoldType& fold) noexcept EVENTCORE_REQUIRES(order_);
  [[nodiscard]] static bool is_current(const Boundary& boundary) noexcept;
  static void depend(AppendNode& node, const AppendNodePtr& predecessor);
  static void queue_writes(Boundary& boundary, const AppendNodePtr& node);
  void settle_all(Boundary& boundary, AppendNode* node, bool stored) noexcept
      EVENTCORE_REQUIRES(order_);
  void settle_stream(Boundary& boundary, const BoundaryStream& stream, AppendNode& node,
                     bool stored) EVENTCORE_REQUIRES(order_);

  EventStore& store_;
  const CommandExecutorOptions options_;
  const std::uint64_t serial_;  // tells executors apart in per-thread caches
  Probe* command_probe_ = nullptr;
  Probe* start_probe_ = nullptr;
  Probe* trace_probe_ = nullptr;
  bool times_every_command_ = true;
  std::unique_ptr<ThreadScheduler> own_scheduler_;
  Scheduler* scheduler_ = nullptr;

  // Decisions and their order in the store's queue. Held across `EventStore::submit_append`, so
  // that the queue has the order of the pending states; see docs/internals/lock-order.md.
  Mutex order_;
  StreamTable table_ EVENTCORE_GUARDED_BY(order_);
  std::uint32_t cache_hits_ EVENTCORE_GUARDED_BY(order_) =
      0;  // counted only where some are checked
  // The log was followed between the two.
  Position followed_from_ EVENTCORE_GUARDED_BY(order_);
  Position followed_to_ EVENTCORE_GUARDED_BY(order_);

  std::atomic<std::uint32_t> in_flight_ = 0;  // atomic: counted by every command
  std::atomic<bool> closed_ = false;          // atomic: read by every command
  std::atomic<bool> abandoning_ = false;      // atomic: read by every command
  std::atomic<std::uint64_t> random_;         // atomic: a counter behind the jitter
  std::atomic<bool> following_ = false;       // atomic: read by every retried command
  LogFollower follower_{*this};               // the last: its thread uses the others
};

}  // namespace eventcore::detail
