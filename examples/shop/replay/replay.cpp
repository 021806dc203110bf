#include "replay/replay.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

namespace shop {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// The next step would end the same way.
bool concerns_store(const eventcore::Error& error) {
  switch (error.code) {
    case eventcore::ErrorCode::Unavailable:
    case eventcore::ErrorCode::CommitInDoubt:
    case eventcore::ErrorCode::Corrupt:
    case eventcore::ErrorCode::ShuttingDown:
      return true;
    default:
      return false;
  }
}

/// When `step` is due, in a replay that began at `begin` with an invoice of `first`.
Clock::time_point due(const ReplayStep& step, std::chrono::sys_seconds first,
                      Clock::time_point begin, double speed) {
  // A hundred years, because longer pauses do not fit into a time point.
  constexpr double kSecondsMax = 100 * 366 * 86'400.0;
  const std::chrono::duration<double> after = step.at - first;
  const std::chrono::duration<double> pause(std::min(after.count() / speed, kSecondsMax));
  return begin + std::chrono::duration_cast<Clock::duration>(pause);
}

class Replay {
 public:
  Replay(eventcore::CommandExecutor& executor, const ReplayOptions& options)
      : executor_(executor), options_(options) {}

  ReplayOutcome run(std::span<const ReplayStep> steps) {
    const Clock::time_point begin = Clock::now();
    for (const ReplayStep& step : steps) {
      if (options_.speed) pause_until(due(step, steps.front().at, begin, *options_.speed));
      if (!wait_for_place()) break;
      start(step);
    }
    wait_for_all();
    outcome_.stopped = options_.stop.stop_requested() && outcome_.tally.done() < steps.size();
    return std::move(outcome_);
  }

 private:
  struct Problem {
    const ReplayStep* step;
    std::string reason;
  };

  void start(const ReplayStep& step) {
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
    }
    std::visit(
        [&](const auto& command) {
          eventcore::ExecuteOptions how{.idempotency_key = step.key, .correlation_id = step.key};
          const auto accepted = executor_.submit(
              command, std::move(how), [this, &step](auto result) { this->finish(step, result); });
          if (!accepted) finish(step, accepted);
        },
        step.command);
  }

  template <class R>
  void finish(const ReplayStep& step, const R& result) {
    const std::lock_guard lock(mutex_);
    if (!result) {
      ++outcome_.tally.failed;
      if (concerns_store(result.error())) give_up_ = true;
      if (!outcome_.error) outcome_.error = result.error();
      problems_.push_back({&step, describe(result.error())});
    } else if constexpr (requires { result->rejection(); }) {
      if (result->rejected()) {
        ++outcome_.tally.refused;
        problems_.push_back({&step, result->rejection()->message});
      } else {
        ++(result->replayed() ? outcome_.tally.repeated : outcome_.tally.stored);
      }
    }
    --under_way_;
    changed_.notify_all();
  }

  void pause_until(Clock::time_point due) {
    std::unique_lock lock(mutex_);
    while (!give_up_ && !options_.stop.stop_requested() && Clock::now() < due) {
      changed_.wait_until(lock, options_.stop, std::min(due, Clock::now() + 100ms),
                          [this] { return give_up_; });
      report(lock);
    }
  }

  /// Waits until another step may begin; false if none may.
  bool wait_for_place() {
    std::unique_lock lock(mutex_);
    while (!give_up_ && under_way_ >= options_.concurrency) {
      changed_.wait_for(lock, 100ms);
      report(lock);
    }
    report(lock);
    return !give_up_ && !options_.stop.stop_requested();
  }

  void wait_for_all() {
    std::unique_lock lock(mutex_);
    while (under_way_ > 0) {
      changed_.wait_for(lock, 100ms);
      report(lock);
    }
    report(lock);
  }

  /// Tells the caller what happened, without the lock: its functions may be slow.
  void report(std::unique_lock<std::mutex>& lock) {
    const ReplayTally tally = outcome_.tally;
    const std::deque<Problem> problems = std::exchange(problems_, {});
    lock.unlock();
    if (options_.problem) {
      for (const Problem& problem : problems) options_.problem(*problem.step, problem.reason);
    }
    if (options_.progress) options_.progress(tally);
    lock.lock();
  }

  eventcore::CommandExecutor& executor_;
  const ReplayOptions& options_;

  // Guarded by mutex_; completions run on the executor's workers.
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t under_way_ = 0;
  bool give_up_ = false;
  std::deque<Problem> problems_;
  ReplayOutcome outcome_;
};

}  // namespace

ReplayOutcome replay(std::span<const ReplayStep> steps, eventcore::CommandExecutor& executor,
                     const ReplayOptions& options) {
  return Replay(executor, options).run(steps);
}

}  // namespace shop
