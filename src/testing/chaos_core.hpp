#pragma once

/// \file
/// The inside of `ChaosStore`: which operations fail how, and when they go on.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/testing/chaos_store.hpp"

namespace eventcore::testing {

/// Appends travel in relays: operations of our own, so that a result can be changed on its way
/// back. Invariants: 1. Relays reach the inner store in the order of their submission, one at a
/// time. 2. An operation is in `in_flight_` from its submission until its result is decided; from
/// then on its own state says whether it was rejected. 3. No lock is held while foreign code runs.
class ChaosStore::Core : public std::enable_shared_from_this<ChaosStore::Core> {
 public:
  Core(EventStore& inner, Scheduler* scheduler, const ChaosOptions& options);

  void script_append(std::uint64_t nth, AppendFault fault);
  void script_read(std::uint64_t nth);
  void heal();
  [[nodiscard]] ChaosStatistics statistics() const;

  void submit_append(AppendOperation& operation);
  void submit_read(ReadOperation& operation);
  [[nodiscard]] Result<void> close(Deadline deadline);

 private:
  struct Relay final : AppendOperation {
    Relay(Core& owner, AppendOperation& relayed) : core(owner), original(&relayed) {}
    void completed(Result<WriteResult> result) noexcept override {
      core.inner_completed(*this, std::move(result));
    }

    Core& core;
    AppendOperation* original;  // null once the result is decided
    AppendFault fault = AppendFault::None;
    std::chrono::nanoseconds completion_delay{0};
    bool released = false;
    bool submitted = false;
    std::optional<Result<WriteResult>> delayed_result;  // until it is reported
    std::vector<std::shared_ptr<Relay>> predecessor_relays;
  };
  struct DelayedRead {
    ReadOperation* operation;
    bool fails;
  };

  [[nodiscard]] bool chance(double probability) EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] std::chrono::nanoseconds delay() EVENTCORE_REQUIRES(mutex_);
  [[nodiscard]] AppendFault draw_fault() EVENTCORE_REQUIRES(mutex_);
  void count(AppendFault fault) EVENTCORE_REQUIRES(mutex_);
  void later(std::chrono::nanoseconds after, std::function<void()> action);

  void release(Relay& relay) EVENTCORE_EXCLUDES(mutex_);
  void pass_on_released() EVENTCORE_EXCLUDES(mutex_);
  void pass_on(Relay& relay) EVENTCORE_EXCLUDES(mutex_);
  void bind_predecessors(Relay& relay) EVENTCORE_EXCLUDES(mutex_);
  void inner_completed(Relay& relay, Result<WriteResult> result) EVENTCORE_EXCLUDES(mutex_);
  void report(Relay& relay, Result<WriteResult> result) EVENTCORE_EXCLUDES(mutex_);
  void report_delayed(Relay& relay) EVENTCORE_EXCLUDES(mutex_);
  void begin_delayed_read(const std::shared_ptr<DelayedRead>& read) EVENTCORE_EXCLUDES(mutex_);
  void begin_read(ReadOperation& operation, bool fails) EVENTCORE_EXCLUDES(mutex_);
  void stop_delaying() EVENTCORE_EXCLUDES(mutex_);
  void finished_one() EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] bool wait_until_idle(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);

  EventStore& inner_;
  Scheduler* const scheduler_;

  mutable detail::Mutex mutex_;
  std::condition_variable_any idle_;
  ChaosOptions options_ EVENTCORE_GUARDED_BY(mutex_);
  std::mt19937_64 random_ EVENTCORE_GUARDED_BY(mutex_);
  ChaosStatistics statistics_ EVENTCORE_GUARDED_BY(mutex_);
  std::map<std::uint64_t, AppendFault> append_script_ EVENTCORE_GUARDED_BY(mutex_);
  std::set<std::uint64_t> read_script_ EVENTCORE_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Relay>> queue_ EVENTCORE_GUARDED_BY(mutex_);
  std::unordered_map<const AppendOperation*, std::shared_ptr<Relay>> in_flight_
      EVENTCORE_GUARDED_BY(mutex_);
  std::unordered_set<std::shared_ptr<DelayedRead>> reads_ EVENTCORE_GUARDED_BY(mutex_);
  std::size_t under_way_ EVENTCORE_GUARDED_BY(mutex_) = 0;  // calls into foreign code to come
  bool passing_on_ EVENTCORE_GUARDED_BY(mutex_) = false;
  bool closing_ EVENTCORE_GUARDED_BY(mutex_) = false;
};

}  // namespace eventcore::testing
