#pragma once

/// \file
/// `ChaosStore`: a store that fails on purpose, by a seed or by a script.
///
/// It wraps any store, so a `CommandExecutor` runs on it as on the real one:
///
///     ChaosStore store(open_memory_store(), {.seed = 7, .commit_unacknowledged = 0.1});
///     store.fail_append(3, AppendFault::CommitLost);   // the third append from now
///
/// What the fault was is seen in `statistics`, what is really stored through `inner`. The usual
/// mistake is to expect that an append in doubt is lost: half of the faults here are stored.

#include <chrono>
#include <cstdint>
#include <memory>

#include "eventcore/event_store.hpp"
#include "eventcore/scheduler.hpp"

namespace eventcore::testing {

/// How an append fails.
enum class AppendFault : std::uint8_t {
  None,
  Refused,               ///< `Unavailable` before the commit: not stored.
  Conflict,              ///< A `VersionConflict` that nobody caused: not stored.
  CommitLost,            ///< `CommitInDoubt`: not stored.
  CommitUnacknowledged,  ///< `CommitInDoubt`: stored.
};

/// Probabilities are from 0 to 1, each for one operation.
struct ChaosOptions {
  std::uint64_t seed = 1;
  double append_refused = 0;
  double conflict = 0;
  double commit_lost = 0;
  double commit_unacknowledged = 0;
  double read_failed = 0;
  /// Reads begin, and appends begin and complete, after a random time up to this. Appends keep
  /// their order. 0: at once, on the calling thread.
  std::chrono::nanoseconds latency_max{0};
  Scheduler* scheduler = nullptr;        ///< Where delays run; null: a thread of the store.
  const Clock* clock = &system_clock();  ///< The scheduler's.
};

/// What a chaos store has done.
struct ChaosStatistics {
  std::uint64_t appends = 0;
  std::uint64_t reads = 0;
  std::uint64_t refused = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t commits_lost = 0;
  std::uint64_t commits_unacknowledged = 0;
  std::uint64_t reads_failed = 0;

  friend bool operator==(const ChaosStatistics&, const ChaosStatistics&) = default;
};

/// Head, watcher, administration and projections are those of the inner store and never fail. An
/// operation that has been handed to the inner store can no longer be cancelled. Thread-safety:
/// Thread-safe. Ownership: owns the inner store; its destructor closes it.
class ChaosStore final : public EventStore {
 public:
  explicit ChaosStore(std::unique_ptr<EventStore> inner, ChaosOptions options = {});
  ~ChaosStore() override;

  /// Gives the `nth` append from now (1: the next one) this fault, whatever the probabilities.
  void fail_append(std::uint64_t nth, AppendFault fault);
  /// Fails the `nth` read from now with `Unavailable`.
  void fail_read(std::uint64_t nth);
  /// Forgets the script and sets all probabilities to 0; delays stay.
  void heal();

  [[nodiscard]] ChaosStatistics statistics() const;
  /// The store without faults.
  [[nodiscard]] EventStore& inner() noexcept { return *inner_; }

  void submit_append(AppendOperation& operation) override;
  void submit_read(ReadOperation& operation) override;
  [[nodiscard]] Position head() const noexcept override { return inner_->head(); }
  [[nodiscard]] HeadWatcher& head_watcher() noexcept override { return inner_->head_watcher(); }
  [[nodiscard]] const StoreDescription& description() const noexcept override {
    return inner_->description();
  }
  [[nodiscard]] StoreAdministration& administration() noexcept override {
    return inner_->administration();
  }
  [[nodiscard]] ProjectionStorage& projections() noexcept override { return inner_->projections(); }
  [[nodiscard]] Result<void> close(Deadline deadline) override;

 private:
  class Core;

  std::unique_ptr<EventStore> inner_;
  std::unique_ptr<Scheduler> own_scheduler_;
  std::shared_ptr<Core> core_;  // shared with the delays that a scheduler still holds
};

}  // namespace eventcore::testing
