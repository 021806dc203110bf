#include "demo/demo_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <eventcore/observability/catalogue.hpp>
#include <mutex>
#include <string>

#include "console.hpp"
#include "load/load.hpp"
#include "load/load_status.hpp"
#include "serve/serve_command.hpp"

namespace shop {

namespace {

namespace catalogue = eventcore::observability::catalogue;
using Clock = std::chrono::steady_clock;

/// When the demo ends by itself.
Clock::time_point end_of(const DemoCommand& command) {
  if (command.duration) return Clock::now() + *command.duration;
  if (isatty(STDOUT_FILENO) == 1) return Clock::time_point::max();
  return Clock::now() + std::chrono::seconds(30);
}

/// Commands that were decided again because another one was faster.
unsigned long long conflicts(const ShopServer& server) {
  const auto snapshot = server.metrics().registry().snapshot();
  const auto* family = snapshot.find(catalogue::kCommandConflictsTotal.name);
  double total = 0;
  if (family != nullptr) {
    for (const auto& series : family->series) total += series.value;
  }
  return static_cast<unsigned long long>(total);
}

/// Prints a line a second until the end or a stop.
void watch(const ShopServer& server, const LoadThreads& load, Clock::time_point end,
           const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  LoadCounts before = load.counts();
  for (Clock::time_point last = Clock::now(); last < end && !stop.stop_requested();) {
    std::unique_lock lock(mutex);
    stopped.wait_until(lock, stop, std::min(end, last + std::chrono::seconds(1)),
                       [] { return false; });
    const LoadCounts counts = load.counts();
    const Clock::time_point now = Clock::now();
    std::printf("%s   conflicts %4llu\n", status_text(before, counts, now - last).c_str(),
                conflicts(server));
    std::fflush(stdout);
    before = counts;
    last = now;
  }
}

}  // namespace

ExitCode run(const DemoCommand& command, std::stop_token stop) {
  ExitCode code = ExitCode::Done;
  const auto server = start_server(command.server, code);
  if (!server) return code;

  // The customers are outside: they come in by the front door, over HTTP.
  LoadThreads load(
      {.address = HttpAddress::parse(server->api_url()).value(), .rate = command.rate});
  const Clock::time_point begin = Clock::now();
  if (const auto started = load.start(); !started) {
    print_error(started.error().message);
    return ExitCode::Failed;
  }
  watch(*server, load, end_of(command), stop);
  load.stop();
  const LoadCounts counts = load.counts();
  const bool printed = print_output("\n" + summary_text(counts, Clock::now() - begin));

  if (const auto ended = server->stop(); !ended) {
    print_error("closing the store: " + describe(ended.error()));
    return ExitCode::StoreUnusable;
  }
  if (counts.failed == 0) return printed ? ExitCode::Done : ExitCode::Failed;
  print_error(load.failure());
  return ExitCode::Failed;
}

}  // namespace shop
