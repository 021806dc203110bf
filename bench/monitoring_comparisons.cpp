// What does a command pay for being measured, logged, traced and looked at?

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "comparisons.hpp"
#include "eventcore/console/console.hpp"
#include "eventcore/logging/logging.hpp"
#include "eventcore/logging/logging_probe.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/instrumented_command_executor.hpp"
#include "eventcore/observability/instrumented_event_store.hpp"
#include "eventcore/sqlite_store.hpp"
#include "eventcore/tracing/tracer.hpp"
#include "eventcore/tracing/tracing_probe.hpp"
#include "scratch_store.hpp"
#include "viewers.hpp"
#include "workload.hpp"

namespace eventcore::bench {

namespace {

using namespace observability;

enum class Measuring : std::uint8_t {
  None,
  Sampled,  // metrics, one command in 16 timed
  EveryCommand,
  Logged,      // no metrics; a record of each command in the log
  Traced,      // no metrics; traces of one in a hundred
  Everything,  // all metrics, a record of each command, and traces of one in a hundred
  LookedAt,    // all metrics, a monitor, a flight recorder, and a console with 20 viewers
};

class NoLines final : public LogSink {
  void write(std::span<const LogLine>, std::string_view) override {}
};
class NoSpans final : public SpanSink {
 public:
  void take(std::span<const SpanRecord>) noexcept override {}
};

/// What watches commands, while it is there.
class Watch {
 public:
  explicit Watch(Measuring measuring) {
    std::vector<std::shared_ptr<Probe>> probes;
    const bool all = measuring == Measuring::Everything;
    if (measuring != Measuring::Logged && measuring != Measuring::Traced) {
      MetricsOptions options;
      options.time_every_command = measuring != Measuring::Sampled;
      metrics_ = std::make_shared<MetricsService>(options);
      probes.push_back(metrics_);
    }
    if (all || measuring == Measuring::Logged) {
      LoggingOptions logging;
      logging.environment_first = false;
      logging.format = "json";
      logging.sink = std::make_shared<NoLines>();
      logging.site_rate_max = 0;
      ignore_error(init_logging(std::move(logging)), "the options are right");
      logs_ = true;
      probes.push_back(std::make_shared<LoggingProbe>());
    }
    if (all || measuring == Measuring::Traced) {
      auto tracer =
          install_tracer({.sampler = Sampler::ratio(0.01), .sinks = {std::make_shared<NoSpans>()}});
      if (!tracer) give_up(describe(tracer.error()));
      tracer_ = *std::move(tracer);
      probes.push_back(tracing_probe());
    }
    if (measuring == Measuring::LookedAt) {
      show_console();
      probes.push_back(recorder_);
    }
    probe_ = combine(std::move(probes));
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (logs_) ignore_error(init_logging("off", "json"), "the filter is right");
  }

  /// Has `store` shown by the console, if there is one, until `hide`.
  void show(EventStore& store) {
    if (console_) console_->attach(store);
  }
  void hide() {
    if (console_) console_->detach();
  }

  [[nodiscard]] const std::shared_ptr<MetricsService>& metrics() const { return metrics_; }
  [[nodiscard]] const std::shared_ptr<Probe>& probe() const { return probe_; }
  /// Records and spans that were lost.
  [[nodiscard]] std::uint64_t lost() const {
    flush_log(Deadline::after(std::chrono::seconds(10)));
    return log_stats().dropped_in_all() + tracer_->stats().dropped;
  }

 private:
  void show_console() {
    recorder_ = std::make_shared<monitor::FlightRecorder>();
    monitor_ = std::make_shared<monitor::PerformanceMonitor>(metrics_);
    monitor_->start();
    console_ = std::make_unique<console::Console>(
        console::ConsoleOptions{.metrics = metrics_, .monitor = monitor_, .recorder = recorder_});
    server_ = std::make_unique<http::Server>(http::ServerOptions{.listen = "127.0.0.1:0"});
    console_->mount(*server_);
    if (auto started = server_->start(); !started) give_up(describe(started.error()));
    console_->start();
    viewers_.emplace(server_->port(), 20);
  }

  std::shared_ptr<MetricsService> metrics_;
  std::shared_ptr<Probe> probe_;
  std::unique_ptr<Tracer> tracer_;
  bool logs_ = false;
  std::shared_ptr<monitor::FlightRecorder> recorder_;
  std::shared_ptr<monitor::PerformanceMonitor> monitor_;
  std::unique_ptr<console::Console> console_;
  std::unique_ptr<http::Server> server_;
  std::optional<Viewers> viewers_;
};

/// CPU time of a warm command in memory, in nanoseconds.
double memory_command_ns(Measuring measuring) {
  constexpr int kCommands = 120'000;
  const Watch watch(measuring);
  const std::unique_ptr<EventStore> store = open_memory_store({.probe = watch.probe()});
  CommandExecutorOptions options;
  options.probe = watch.probe();
  options.phase_timing = watch.probe() ? PhaseTiming::Sampled : PhaseTiming::Never;
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

/// Of the threads that are there now, without this one and a store's writer.
double other_threads_cpu_seconds() {
  double sum = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::uint64_t ns = 0;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    if (name == "eventcore-write" || thread.path().filename() == std::to_string(getpid())) continue;
    if (std::ifstream(thread.path() / "schedstat") >> ns) sum += static_cast<double>(ns) * 1e-9;
  }
  return sum;
}

/// CPU time of a durable command with 16 callers, in nanoseconds: all of it, and what threads took
/// that are neither callers nor the store's.
struct CommandCost {
  double all = 0;
  double watchers = 0;
};

CommandCost sqlite_command(const Effort& effort, Measuring measuring, int commands) {
  constexpr int kCallers = 16;
  const ScratchFolder scratch(effort.folder);
  Watch watch(measuring);
  const auto& metrics = watch.metrics();
  SqliteStoreOptions store_options;
  store_options.path = scratch.file();
  store_options.probe = watch.probe();
  auto opened = open_sqlite_store(store_options);
  if (!opened) give_up(describe(opened.error()));
  std::unique_ptr<EventStore> store = *std::move(opened);
  if (metrics) store = std::make_unique<InstrumentedEventStore>(std::move(store), metrics);
  CommandExecutorOptions options;
  options.probe = watch.probe();
  if (!metrics) options.phase_timing = PhaseTiming::Never;
  watch.show(*store);
  CommandExecutor executor(*store, options);
  const std::vector<StreamId>& ids = stream_ids("account-", 1'024);
  const double watched_before = other_threads_cpu_seconds();
  const double began = cpu_seconds();
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      const NextTwo next = uniform_pairs(ids);
      std::mt19937_64 random(static_cast<std::uint64_t>(caller));
      for (int i = 0; i < commands; ++i) {
        const auto result = executor.execute(next(random));
        if (!result) give_up(describe(result.error()));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  const double taken = cpu_seconds() - began;
  const double watched = other_threads_cpu_seconds() - watched_before;
  watch.hide();
  constexpr double kNs = 1e9 / kCallers;
  return {taken * kNs / commands, watched * kNs / commands};
}

/// The upper end of the 95 % interval of what measuring adds, as a share, over 20 pairs.
double sqlite_added_share(const Effort& effort, Measuring measuring) {
  constexpr int kPairs = 20;
  constexpr double kStudent = 2.093;  // 97.5 % with 19 degrees of freedom
  const auto cost = [&](Measuring of) { return sqlite_command(effort, of, 1'000).all; };
  std::vector<double> shares;
  for (int i = 0; i < kPairs; ++i) {
    const bool measured_first = i % 2 == 0;
    const double first = cost(measured_first ? measuring : Measuring::None);
    const double second = cost(measured_first ? Measuring::None : measuring);
    shares.push_back(measured_first ? first / second - 1 : second / first - 1);
  }
  double mean = 0;
  for (const double share : shares) mean += share / kPairs;
  double squares = 0;
  for (const double share : shares) squares += (share - mean) * (share - mean);
  const double deviation = std::sqrt(squares / (kPairs - 1));
  return std::max(0.001, mean + kStudent * deviation / std::sqrt(double{kPairs}));
}

/// What monitor, console and its server take of a durable command's CPU, as a share of the rest.
/// Pairs of runs differ by more than that, so their threads are asked; what the flight recorder
/// does on the callers' threads has a comparison of its own.
double watchers_share(const Effort& effort) {
  const CommandCost cost = sqlite_command(effort, Measuring::LookedAt, 8'000);
  return cost.watchers / (cost.all - cost.watchers);
}

/// Commands a second that lose nothing of their log and traces; 0 if something was lost. They are
/// paced, one at a time.
double rate_without_loss() {
  constexpr double kRate = 110'000;
  constexpr int kCommands = 330'000;
  const Watch watch(Measuring::Everything);
  const std::unique_ptr<EventStore> store = open_memory_store({.probe = watch.probe()});
  CommandExecutor executor(*store, {.probe = watch.probe()});
  const std::uint64_t before = watch.lost();
  const NextTwo next = uniform_pairs(stream_ids("account-", 1'024));
  std::mt19937_64 random(1);
  const double began = wall_seconds();
  for (int i = 0; i < kCommands; ++i) {
    while (wall_seconds() - began < i / kRate) {
    }
    const auto result = executor.execute(next(random));
    if (!result) give_up(describe(result.error()));
  }
  const double rate = kCommands / (wall_seconds() - began);
  return watch.lost() == before ? rate : 1;
}

}  // namespace

std::vector<Comparison> monitoring_comparisons(const Effort& effort) {
  return {
      {"measured command in memory against 80 ns",
       "CPU that all metrics add to a warm command, each one timed",
       {"added", [] { return 1e9 / memory_added_ns(Measuring::EveryCommand); }},
       costs(80),
       1},
      {"measured command in memory, 1 in 16 timed, against 30 ns",
       "the same with time_every_command off",
       {"added", [] { return 1e9 / memory_added_ns(Measuring::Sampled); }},
       costs(30),
       1},
      {"measured command in SQLite against 5 %",
       "95 % bound of the CPU that metrics and instrumented store add, 20 pairs",
       {"added", [effort] { return 1 / sqlite_added_share(effort, Measuring::EveryCommand); }},
       {"5 %", [] { return 1 / 0.05; }},
       1},
      {"a record of each command in memory against 60 ns",
       "CPU that the log alone adds to a warm command in memory, its drain included",
       {"added", [] { return 1e9 / memory_added_ns(Measuring::Logged); }},
       costs(60),
       0},
      {"traces of 1 % in memory against 30 ns",
       "the same of traces alone",
       {"added", [] { return 1e9 / memory_added_ns(Measuring::Traced); }},
       costs(30),
       0},
      {"everything on in memory against 150 ns",
       "CPU that all metrics, a record of each command and traces of 1 % add, drains included",
       {"added", [] { return 1e9 / memory_added_ns(Measuring::Everything); }},
       costs(150),
       1},
      {"everything on in SQLite against 2 %",
       "95 % bound of the CPU that the same adds there, 20 pairs",
       {"added", [effort] { return 1 / sqlite_added_share(effort, Measuring::Everything); }},
       {"2 %", [] { return 1 / 0.02; }},
       1},
      {"monitor and 20 consoles in SQLite against 2 %",
       "CPU of their threads, as a share of that of commands from 16 callers",
       {"added", [effort] { return 1 / watchers_share(effort); }},
       {"2 %", [] { return 1 / 0.02; }},
       1},
      {"everything on without a lost record, against 100,000 commands/s",
       "paced commands in memory; 1 if a record or a span was lost",
       {"rate", rate_without_loss},
       {"100,000/s", [] { return 100'000; }},
       1},
  };
}

}  // namespace eventcore::bench
