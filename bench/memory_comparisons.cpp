// What does a command cost in memory, warm, on one thread?

#include <chrono>

#include "comparisons.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "memory_alternative.hpp"

namespace eventcore::bench {

namespace {

constexpr std::size_t kStreams = 4'096;
constexpr int kEventsBefore = 10;
// Few enough that streams stay about as long as they were: the alternative folds them each time.
constexpr int kCommands = 4'000;

double timed(const std::function<void(std::mt19937_64&)>& command, int commands) {
  std::mt19937_64 random(1);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < commands; ++i) command(random);
  return commands / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double ours(PhaseTiming phases, bool measured, int commands) {
  const std::vector<StreamId>& ids = stream_ids("account-", kStreams);
  const std::unique_ptr<EventStore> store = open_memory_store();
  CommandExecutorOptions options;
  options.phase_timing = phases;
  if (measured) options.probe = std::make_shared<observability::MetricsService>();
  CommandExecutor executor(*store, options);
  for (int i = 0; i < kEventsBefore; ++i) {
    for (std::size_t s = 0; s < kStreams; s += 2) {
      const auto result = executor.execute(RecordTwo{ids[s], ids[s + 1], &event_of_300_bytes()});
      if (!result) give_up(describe(result.error()));
    }
  }
  const NextTwo next = uniform_pairs(ids);
  return timed(
      [&](std::mt19937_64& random) {
        const auto result = executor.execute(next(random));
        if (!result) give_up(describe(result.error()));
      },
      commands);
}

double copy_out() {
  const std::vector<StreamId>& ids = stream_ids("account-", kStreams);
  CopyOutStore store;
  for (int i = 0; i < kEventsBefore; ++i) {
    for (const StreamId& id : ids) store.append(id, event_of_300_bytes());
  }
  const NextTwo next = uniform_pairs(ids);
  return timed([&](std::mt19937_64& random) { store.execute(next(random)); }, kCommands);
}

}  // namespace

std::vector<Comparison> memory_comparisons() {
  return {
      {"memory, 1 thread, 2 streams of 10, all on",
       "a warm command against copying the streams out and folding them",
       {"executor with metrics", [] { return ours(PhaseTiming::Sampled, true, kCommands); }},
       {"mutex, map, copy out, fold", copy_out},
       6},
      {"memory, 1 thread, 2 streams of 10, phases off",
       "the same without metrics and phase stamps",
       {"executor alone", [] { return ours(PhaseTiming::Never, false, kCommands); }},
       {"mutex, map, copy out, fold", copy_out},
       6,
       20},
      {"memory, 1 thread, all on, against 1,000,000/s",
       "does everything on still reach a million commands a second?",
       {"executor with metrics", [] { return ours(PhaseTiming::Sampled, true, 400'000); }},
       {"1,000,000", [] { return 1e6; }},
       1},
  };
}

}  // namespace eventcore::bench
