// What does a command pay for being measured?

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>

#include "comparisons.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/instrumented_command_executor.hpp"
#include "eventcore/observability/instrumented_event_store.hpp"
#include "eventcore/sqlite_store.hpp"
#include "scratch_store.hpp"
#include "workload.hpp"

namespace eventcore::bench {

namespace {

using namespace observability;

enum class Measuring : std::uint8_t { None, Sampled, Everything };

std::shared_ptr<MetricsService> metrics_for(Measuring measuring) {
  if (measuring == Measuring::None) return nullptr;
  MetricsOptions options;
  options.time_every_command = measuring == Measuring::Everything;
  return std::make_shared<MetricsService>(options);
}

/// CPU time of a warm command in memory, in nanoseconds.
double memory_command_ns(Measuring measuring) {
  constexpr int kCommands = 120'000;
  const auto metrics = metrics_for(measuring);
  const std::unique_ptr<EventStore> store = open_memory_store({.probe = metrics});
  CommandExecutorOptions options;
  options.probe = metrics;
  options.phase_timing = metrics ? PhaseTiming::Sampled : PhaseTiming::Never;
  CommandExecutor executor(*store, options);
  return 1e9 / run_warm(executor, kCommands, cpu_seconds);
}

/// Pairs of a run that is measured and one that is not; the median of what it adds.
double memory_added_ns(Measuring measuring) {
  std::vector<double> added;
  for (int i = 0; i < 15; ++i) {
    const double first = memory_command_ns(i % 2 == 0 ? measuring : Measuring::None);
    const double second = memory_command_ns(i % 2 == 0 ? Measuring::None : measuring);
    added.push_back(i % 2 == 0 ? first - second : second - first);
  }
  std::sort(added.begin(), added.end());
  return std::max(1.0, added[added.size() / 2]);
}

/// CPU time of a durable command with 16 callers, in nanoseconds.
double sqlite_command_ns(const Effort& effort, Measuring measuring) {
  constexpr int kCallers = 16;
  constexpr int kCommands = 1'000;  // of each caller
  const ScratchFolder scratch(effort.folder);
  const auto metrics = metrics_for(measuring);
  SqliteStoreOptions store_options;
  store_options.path = scratch.file();
  store_options.probe = metrics;
  auto opened = open_sqlite_store(store_options);
  if (!opened) give_up(describe(opened.error()));
  std::unique_ptr<EventStore> store = *std::move(opened);
  if (metrics) store = std::make_unique<InstrumentedEventStore>(std::move(store), metrics);
  CommandExecutorOptions options;
  options.probe = metrics;
  if (!metrics) options.phase_timing = PhaseTiming::Never;
  CommandExecutor executor(*store, options);
  const std::vector<StreamId>& ids = stream_ids("account-", 1'024);
  const double began = cpu_seconds();
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      const NextTwo next = uniform_pairs(ids);
      std::mt19937_64 random(static_cast<std::uint64_t>(caller));
      for (int i = 0; i < kCommands; ++i) {
        const auto result = executor.execute(next(random));
        if (!result) give_up(describe(result.error()));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  return (cpu_seconds() - began) * 1e9 / (kCallers * kCommands);
}

/// The upper end of the 95 % interval of what measuring adds, as a share, over 20 pairs.
double sqlite_added_share(const Effort& effort) {
  constexpr int kPairs = 20;
  constexpr double kStudent = 2.093;  // 97.5 % with 19 degrees of freedom
  std::vector<double> shares;
  for (int i = 0; i < kPairs; ++i) {
    const bool measured_first = i % 2 == 0;
    const double first =
        sqlite_command_ns(effort, measured_first ? Measuring::Everything : Measuring::None);
    const double second =
        sqlite_command_ns(effort, measured_first ? Measuring::None : Measuring::Everything);
    shares.push_back(measured_first ? first / second - 1 : second / first - 1);
  }
  double mean = 0;
  for (const double share : shares) mean += share / kPairs;
  double squares = 0;
  for (const double share : shares) squares += (share - mean) * (share - mean);
  const double deviation = std::sqrt(squares / (kPairs - 1));
  return std::max(0.001, mean + kStudent * deviation / std::sqrt(double{kPairs}));
}

}  // namespace

std::vector<Comparison> monitoring_comparisons(const Effort& effort) {
  return {
      {"measured command in memory against 80 ns",
       "CPU that all metrics add to a warm command, each one timed",
       {"added", [] { return 1e9 / memory_added_ns(Measuring::Everything); }},
       costs(80),
       1},
      {"measured command in memory, 1 in 16 timed, against 30 ns",
       "the same with time_every_command off",
       {"added", [] { return 1e9 / memory_added_ns(Measuring::Sampled); }},
       costs(30),
       1},
      {"measured command in SQLite against 5 %",
       "95 % bound of the CPU that metrics and instrumented store add, 20 pairs",
       {"added", [effort] { return 1 / sqlite_added_share(effort); }},
       {"5 %", [] { return 1 / 0.05; }},
       1},
  };
}

}  // namespace eventcore::bench
