// What does a flight recorder cost a command that is not remarkable?

#include <chrono>
#include <memory>

#include "comparisons.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/monitor/flight_recorder.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "workload.hpp"

namespace eventcore::bench {

namespace {

struct Recording {
  bool recorder = false;
  bool metrics = true;
};

/// Commands a second in memory, warm.
double recorded_rate(Recording recording) {
  constexpr int kCommands = 300'000;
  std::shared_ptr<Probe> metrics;
  std::shared_ptr<Probe> recorder;
  if (recording.metrics) metrics = std::make_shared<observability::MetricsService>();
  if (recording.recorder) recorder = std::make_shared<monitor::FlightRecorder>();
  const std::unique_ptr<EventStore> store = open_memory_store({.probe = metrics});
  CommandExecutor executor(*store, {.probe = combine({metrics, recorder})});
  return run_warm(executor, kCommands);
}

/// Finished commands a second that a recorder alone is told of, none of them remarkable.
double plain_commands_rate() {
  constexpr int kCommands = 50'000'000;
  const auto recorder = std::make_shared<monitor::FlightRecorder>();
  Probe& probe = *recorder;
  CommandRecord record;
  record.command_type = "order";
  record.started = system_clock().now();
  record.duration = std::chrono::milliseconds(1);
  for (int i = 0; i < 100; ++i) probe.command_finished(record);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kCommands; ++i) {
    asm volatile("" : : "r"(&record) : "memory");
    probe.command_finished(record);
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  return kCommands / taken.count();
}

}  // namespace

std::vector<Comparison> recorder_comparisons() {
  return {
      {"flight recorder, plain command, against 5 ns",
       "what it does for a command that is not remarkable",
       {"command", plain_commands_rate},
       costs(5),
       1},
      {"command with a flight recorder and all metrics",
       "commands a second in memory with all metrics",
       {"recorder", [] { return recorded_rate({.recorder = true}); }},
       {"no recorder", [] { return recorded_rate({}); }},
       0.97},
      {"command with a flight recorder alone",
       "commands a second in memory without any other probe; it has every command timed",
       {"recorder", [] { return recorded_rate({.recorder = true, .metrics = false}); }},
       {"no probe", [] { return recorded_rate({.metrics = false}); }},
       0.9},
  };
}

}  // namespace eventcore::bench
