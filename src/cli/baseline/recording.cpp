#include "recording.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>

#include "../scrape/scraped_service.hpp"
#include "eventcore/redact_secrets.hpp"
#include "measured_run.hpp"

namespace eventcore::cli {
namespace {

using monitor::Baseline;
using monitor::BaselineMeasure;
using monitor::Better;

/// False if a stop came first.
bool sleep_until(std::chrono::steady_clock::time_point until, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, stop, until, [] { return false; });
  return !stop.stop_requested();
}

Error stopped() { return make_error(ErrorCode::Cancelled, "stopped"); }

void show(Console& console, std::size_t done, std::size_t all, const char* what) {
  console.progress(std::to_string(done) + " of " + std::to_string(all) + " " + what);
}

Baseline empty_baseline(const std::string& command, const RecordingOptions& options) {
  Baseline baseline{.name = options.name, .source = redact_secrets(command)};
  baseline.measures = {
      {.name = "cpu_ms", .level_min = 0.1},
      {.name = "wall_ms", .level_min = 0.1},
  };
  if (!options.number.empty()) {
    baseline.measures.push_back(
        {.name = "number", .better = options.more_is_better ? Better::Higher : Better::Lower});
  }
  return baseline;
}

Result<void> add_run(const std::string& command, const RecordingOptions& options,
                     const std::stop_token& stop, Baseline* baseline) {
  const Result<MeasuredRun> run = measure_run(command, !options.number.empty(), stop);
  if (!run) return run.error();
  std::vector<double> values{run->cpu_ms, run->wall_ms};
  if (!options.number.empty()) {
    const Result<double> number = number_in(run->output, options.number);
    if (!number) return number.error();
    values.push_back(*number);
  }
  if (baseline == nullptr) return {};
  for (std::size_t i = 0; i < values.size(); ++i) {
    baseline->measures[i].samples.push_back(values[i]);
  }
  return {};
}

}  // namespace

Result<Baseline> record_service(const RecordingOptions& options, Console& console) {
  Result<ScrapedService> service =
      ScrapedService::at(options.url, {.bearer_token = token_of_environment()});
  if (!service) return service.error();
  std::vector<monitor::PerformanceSnapshot> windows;
  auto next = std::chrono::steady_clock::now();
  while (windows.size() < options.windows) {
    if (!sleep_until(next, console.stop())) return stopped();
    const Result<ServiceLook> look = service->look(console.stop());
    if (!look) return look.error();
    if (look->was_restarted) {
      return make_error(ErrorCode::Unavailable,
                        service->url() + ": the process was started anew meanwhile");
    }
    if (look->window) windows.push_back(*look->window);
    show(console, windows.size(), options.windows, "windows");
    // After a pause of the whole machine, what was missed is not made up for.
    next = std::max(next + options.interval, std::chrono::steady_clock::now());
  }
  if (std::none_of(windows.begin(), windows.end(),
                   [](const auto& window) { return window.commands_per_second > 0; })) {
    return make_error(ErrorCode::InvalidArgument,
                      service->url() + ": no command ran meanwhile, so there is nothing to keep");
  }
  Baseline baseline = monitor::baseline_of(windows, options.name);
  baseline.interval = options.interval;
  baseline.source = redact_secrets(service->url());
  return baseline;
}

Result<std::vector<Baseline>> record_commands(const std::vector<std::string>& commands,
                                              const RecordingOptions& options, Console& console) {
  std::vector<Baseline> baselines;
  for (const std::string& command : commands) {
    if (auto ran = add_run(command, options, console.stop(), nullptr); !ran) return ran.error();
    baselines.push_back(empty_baseline(command, options));
  }
  for (std::size_t round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const std::size_t turn = round % 2 == 0 ? i : commands.size() - 1 - i;
      auto ran = add_run(commands[turn], options, console.stop(), &baselines[turn]);
      if (!ran) return ran.error();
    }
    show(console, round + 1, options.rounds, "rounds");
  }
  for (Baseline& baseline : baselines) baseline.recorded_at = system_clock().wall();
  return baselines;
}

}  // namespace eventcore::cli
