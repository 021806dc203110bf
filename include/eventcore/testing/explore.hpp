#pragma once

/// \file
/// `explore`: runs commands under many interleavings and looks for one that breaks a rule.
///
///     const ExploreReport report = explore({.seeds = 500}, [&](Exploration& run) {
///       run.given(account, Deposited{100});
///       run.submit(Withdraw{account, 80});
///       run.submit(Withdraw{account, 80});
///       run.finally([&](EventStore& store) {
///         run.expect(balance(store, account) >= 0, "the balance is negative");
///       });
///     });
///     EXPECT_TRUE(report) << report.message;
///
/// Executor and memory store run on one thread, on a clock that jumps; a seed decides what comes
/// first and how long each read and commit takes. The same seed gives the same run:
/// `EVENTCORE_SEED=<seed>` runs that one alone. The usual mistake is state that one run leaves to
/// the next, such as a captured variable: set it up inside of the function.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/testing/chaos_store.hpp"
#include "eventcore/testing/scenario.hpp"
#include "eventcore/testing/seeded_scheduler.hpp"

namespace eventcore::testing {

/// What to explore.
struct ExploreOptions {
  std::uint64_t first_seed = 1;
  std::size_t seeds = 200;
  /// Faults and delays; seed, scheduler and clock are set for each run. No delays, no races: then
  /// a command runs from its first read to its commit in one go.
  ChaosOptions chaos = {.latency_max = std::chrono::milliseconds{1}};
  CommandExecutorOptions executor = {};  ///< Seed, scheduler and clock are set for each run.
};

/// What `explore` found.
struct ExploreReport {
  std::size_t runs = 0;
  std::optional<std::uint64_t> failing_seed;
  std::string message;  ///< For people: the seed and what did not hold. Empty on success.

  [[nodiscard]] explicit operator bool() const noexcept { return !failing_seed.has_value(); }
};

/// One run under one seed. Thread-safety: Confined to its creating thread.
class Exploration {
 public:
  Exploration(std::uint64_t seed, const ExploreOptions& options);
  Exploration(const Exploration&) = delete;
  Exploration& operator=(const Exploration&) = delete;
  ~Exploration();

  /// Appends events before the commands run.
  template <class... Es>
  Exploration& given(const StreamId& stream, const Es&... events) {
    append({encoded(stream.view(), events)...});
    return *this;
  }

  /// Lets `command` compete with all others that are under way; its result does not matter.
  template <class C>
  void submit(C command, ExecuteOptions options = {}) {
    submit(std::move(command), std::move(options), [](const Result<Executed<C>>&) {});
  }
  /// The same; then `then(Result<Executed<C>>)` runs, which may submit more.
  template <class C, class Then>
  void submit(C command, ExecuteOptions options, Then then) {
    const Result<void> accepted =
        executor_->submit(std::move(command), std::move(options), std::move(then));
    expect(accepted.has_value(), "the executor did not accept a command");
  }

  /// The run fails with `rule` unless `holds`. The first failure counts.
  void expect(bool holds, std::string_view rule);
  /// Runs `check` when all commands are done.
  void finally(std::function<void(EventStore& store)> check);

  /// The store without delays and faults, as it is at this moment.
  [[nodiscard]] EventStore& store() noexcept { return chaos_->inner(); }
  /// Virtual time.
  [[nodiscard]] const Clock& clock() const noexcept { return scheduler_->clock(); }
  [[nodiscard]] ChaosStore& chaos() noexcept { return *chaos_; }

  /// Runs everything to its end; what did not hold, if anything. For `explore`.
  [[nodiscard]] std::optional<std::string> run();

 private:
  void append(const std::vector<EncodedEvent>& events);

  std::unique_ptr<SeededScheduler> scheduler_;
  std::unique_ptr<ChaosStore> chaos_;
  std::unique_ptr<CommandExecutor> executor_;
  std::vector<std::function<void(EventStore& store)>> checks_;
  std::optional<std::string> failure_;
};

/// Calls `body` for one seed after the other, runs what it submits, and stops at the first failure.
[[nodiscard]] ExploreReport explore(const ExploreOptions& options,
                                    const std::function<void(Exploration& run)>& body);

}  // namespace eventcore::testing
