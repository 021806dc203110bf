#include "load/load_command.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "console.hpp"
#include "load/load.hpp"
#include "load/load_status.hpp"

namespace shop {

ExitCode run(const LoadCommand& command, std::stop_token stop) {
  using Clock = std::chrono::steady_clock;
  auto address = HttpAddress::parse(command.url);
  if (!address) {
    print_error("--url: " + address.error().message);
    return ExitCode::BadInput;
  }
  LoadThreads load({.address = *std::move(address), .rate = command.rate, .seed = command.seed});
  if (const auto started = load.start(); !started) {
    print_error(started.error().message);
    return ExitCode::Failed;
  }

  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + command.duration;
  std::mutex mutex;
  std::condition_variable_any stopped;
  LoadCounts before = load.counts();
  for (Clock::time_point last = begin; Clock::now() < end && !stop.stop_requested();) {
    std::unique_lock lock(mutex);
    stopped.wait_until(lock, stop, std::min(end, last + std::chrono::seconds(1)),
                       [] { return false; });
    const LoadCounts counts = load.counts();
    const Clock::time_point now = Clock::now();
    std::printf("%s\n", status_text(before, counts, now - last).c_str());
    std::fflush(stdout);
    before = counts;
    last = now;
  }
  load.stop();
  const LoadCounts counts = load.counts();
  if (!print_output(summary_text(counts, Clock::now() - begin))) return ExitCode::Failed;
  if (counts.failed == 0) return ExitCode::Done;
  print_error(load.failure());
  return ExitCode::Failed;
}

}  // namespace shop
