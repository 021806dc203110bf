// Do two processes share one SQLite file fairly?

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "comparisons.hpp"
#include "scratch_store.hpp"

namespace eventcore::bench {

namespace {

constexpr int kCallers = 8;
constexpr std::chrono::milliseconds kStallAllowed{100};

/// What one process did.
struct Share {
  double commands_per_second = 0;
  std::int64_t longest_ns = 0;  ///< The slowest of its commands.
};

Share write_as_process(const std::filesystem::path& file, double seconds) {
  const std::unique_ptr<EventStore> store = open_scratch(file);
  CommandExecutor executor(*store);
  const NextTwo pairs = uniform_pairs(stream_ids("account-", 10'000));
  std::atomic<std::int64_t> longest = 0;
  const NextTwo next = [&](std::mt19937_64& random) {
    // A caller asks for its next command when the one before is done.
    const Instant now = std::chrono::steady_clock::now();
    thread_local Instant before = now;
    const std::int64_t took = (now - before).count();
    before = now;
    std::int64_t known = longest.load(std::memory_order_relaxed);
    while (took > known && !longest.compare_exchange_weak(known, took)) {
    }
    return pairs(random);
  };
  Share share;
  share.commands_per_second = run_blocking(executor, kCallers, next, seconds);
  share.longest_ns = longest.load();
  return share;
}

/// Two processes that write to one file at the same time. Requires: no other thread runs.
std::array<Share, 2> run_two(const Effort& effort) {
  const ScratchFolder folder(effort.folder);
  open_scratch(folder.file()).reset();
  struct Child {
    pid_t process = 0;
    int answer = -1;
  };
  std::array<Child, 2> children;
  for (Child& child : children) {
    int ends[2];
    if (pipe(ends) != 0) give_up("no pipe");
    child = {fork(), ends[0]};
    if (child.process < 0) give_up("no second process");
    if (child.process == 0) {
      const Share share = write_as_process(folder.file(), effort.seconds);
      _exit(write(ends[1], &share, sizeof share) == sizeof share ? 0 : 1);
    }
    close(ends[1]);
  }
  std::array<Share, 2> shares;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const ssize_t got = read(children[i].answer, &shares[i], sizeof(Share));
    close(children[i].answer);
    waitpid(children[i].process, nullptr, 0);
    if (got != sizeof(Share)) give_up("a writing process failed");
  }
  return shares;
}

double smaller_share(const Effort& effort) {
  const auto [one, two] = run_two(effort);
  const double rates[] = {one.commands_per_second, two.commands_per_second};
  return std::min(rates[0], rates[1]) / (rates[0] + rates[1]);
}

double stalls_a_second(const Effort& effort) {
  const auto [one, two] = run_two(effort);
  return 1e9 / static_cast<double>(std::max(one.longest_ns, two.longest_ns));
}

}  // namespace

std::vector<Comparison> process_comparisons(const Effort& effort) {
  constexpr double kAllowed = 1.0 / std::chrono::duration<double>(kStallAllowed).count();
  return {
      {"sqlite, two processes, smaller share",
       "does each process get its turns?",
       {"commands of the slower process", [effort] { return smaller_share(effort); }},
       {"commands of both", [] { return 1.0; }},
       0.4},
      {"sqlite, two processes, 100 ms ÷ slowest command",
       "does a command wait long for its turn?",
       {"1 ÷ slowest command", [effort] { return stalls_a_second(effort); }},
       {"1 ÷ 100 ms", [] { return kAllowed; }},
       1},
  };
}

}  // namespace eventcore::bench
