#include "workload.hpp"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <latch>
#include <map>
#include <thread>

#include "eventcore/codec.hpp"

namespace eventcore::bench {

namespace {

using Seconds = std::chrono::duration<double>;

double since(Instant start) { return Seconds(std::chrono::steady_clock::now() - start).count(); }

/// One chain of submitted commands: each completion submits the next.
template <class Next>
class Chain {
 public:
  Chain(CommandExecutor& executor, const Next& next, std::uint64_t seed,
        const std::atomic<bool>& stop, std::latch& ended)
      : executor_(executor), next_(next), random_(seed), stop_(stop), ended_(ended) {}

  void step() {
    auto command = next_(random_);
    using C = decltype(command);
    const Result<void> accepted =
        executor_.submit(std::move(command), [this](Result<Executed<C>> result) {
          if (!result) give_up(describe(result.error()));
          ++done_;
          if (stop_.load(std::memory_order_relaxed)) {
            ended_.count_down();
          } else {
            step();
          }
        });
    if (!accepted) give_up(describe(accepted.error()));
  }
  [[nodiscard]] std::uint64_t done() const noexcept { return done_; }

 private:
  CommandExecutor& executor_;
  const Next& next_;
  std::mt19937_64 random_;
  const std::atomic<bool>& stop_;
  std::latch& ended_;
  std::uint64_t done_ = 0;
};

template <class Next>
double run_chains(CommandExecutor& executor, int in_flight, const Next& next, double seconds) {
  std::atomic<bool> stop = false;
  std::latch ended(in_flight);
  std::vector<std::unique_ptr<Chain<Next>>> chains;
  for (int i = 0; i < in_flight; ++i) {
    chains.push_back(std::make_unique<Chain<Next>>(executor, next,
                                                   static_cast<std::uint64_t>(i) + 1, stop, ended));
  }
  const Instant start = std::chrono::steady_clock::now();
  for (auto& chain : chains) chain->step();
  std::this_thread::sleep_for(Seconds(seconds));
  stop = true;
  ended.wait();
  const double elapsed = since(start);
  std::uint64_t done = 0;
  for (const auto& chain : chains) done += chain->done();
  return static_cast<double>(done) / elapsed;
}

class Append final : public AppendOperation {
 public:
  using AppendOperation::renew;
  void wait() const noexcept { pending_.wait(true, std::memory_order_acquire); }
  void expect() noexcept { pending_.store(true, std::memory_order_relaxed); }

 private:
  void completed(Result<WriteResult> result) noexcept override {
    if (!result) give_up(describe(result.error()));
    pending_.store(false, std::memory_order_release);
    pending_.notify_one();
  }

  std::atomic<bool> pending_ = false;
};

}  // namespace

void give_up(const std::string& message) {
  std::cerr << "eventcore-bench: " << message << '\n';
  std::exit(1);
}

const Recorded& event_of_300_bytes() {
  static const Recorded kEvent{std::string(268, 'x'), 7};
  return kEvent;
}

std::string encoded_event() {
  std::string bytes;
  if (!encode_event(event_of_300_bytes(), bytes)) give_up("the event can't be encoded");
  return bytes;
}

const std::vector<StreamId>& stream_ids(const std::string& prefix, std::size_t count) {
  static std::map<std::pair<std::string, std::size_t>, std::vector<StreamId>> made;
  std::vector<StreamId>& ids = made[{prefix, count}];
  while (ids.size() < count) {
    ids.push_back(StreamId::parse(prefix + std::to_string(ids.size())).value());
  }
  return ids;
}

NextTwo uniform_pairs(const std::vector<StreamId>& ids) {
  return [&ids](std::mt19937_64& random) {
    const std::size_t first = random() % ids.size();
    const std::size_t second = (first + 1 + random() % (ids.size() - 1)) % ids.size();
    return RecordTwo{ids[first], ids[second], &event_of_300_bytes()};
  };
}

NextMany uniform_sets(const std::vector<StreamId>& ids, std::size_t width) {
  return [&ids, width](std::mt19937_64& random) {
    const std::size_t part = ids.size() / width;
    RecordMany command{{}, &event_of_300_bytes()};
    for (std::size_t i = 0; i < width; ++i) command.ids.push_back(ids[i * part + random() % part]);
    return command;
  };
}

double wall_seconds() {
  return Seconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double run_warm(CommandExecutor& executor, int commands, double (*clock)()) {
  const NextTwo next = uniform_pairs(stream_ids("account-", 1'024));
  std::mt19937_64 random(1);
  const auto run = [&](int count) {
    const double began = clock();
    for (int i = 0; i < count; ++i) {
      const auto result = executor.execute(next(random));
      if (!result) give_up(describe(result.error()));
    }
    return count / (clock() - began);
  };
  run(10'000);
  return run(commands);
}

double run_blocking(CommandExecutor& executor, int callers, const NextTwo& next, double seconds) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> done = 0;
  std::vector<std::thread> threads;
  const Instant start = std::chrono::steady_clock::now();
  for (int t = 0; t < callers; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t) + 1);
      std::uint64_t mine = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        const auto result = executor.execute(next(random));
        if (!result) give_up(describe(result.error()));
        ++mine;
      }
      done += mine;
    });
  }
  std::this_thread::sleep_for(Seconds(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(done.load()) / since(start);
}

double run_in_flight(CommandExecutor& executor, int in_flight, const NextTwo& next,
                     double seconds) {
  return run_chains(executor, in_flight, next, seconds);
}

double run_in_flight(CommandExecutor& executor, int in_flight, const NextMany& next,
                     double seconds) {
  return run_chains(executor, in_flight, next, seconds);
}

double run_appends(EventStore& store, const std::vector<StreamId>& ids, std::size_t in_flight,
                   double seconds) {
  const std::string payload = encoded_event();
  const NextTwo next = uniform_pairs(ids);
  std::mt19937_64 random(1);
  std::vector<Append> appends(in_flight);
  std::uint64_t submitted = 0;
  const Instant start = std::chrono::steady_clock::now();
  for (; since(start) < seconds; ++submitted) {
    Append& append = appends[submitted % in_flight];
    append.wait();  // completions come in the order of submission
    append.renew();
    const RecordTwo command = next(random);
    for (const StreamId& id : {command.first, command.second}) {
      append.batch.add_event(append.batch.add_stream(id, ExpectedVersion::any()), "recorded", 1,
                             payload);
    }
    append.expect();
    store.submit_append(append);
  }
  for (const Append& append : appends) append.wait();
  return static_cast<double>(submitted) / since(start);
}

void warm_up(CommandExecutor& executor, const std::vector<StreamId>& ids) {
  constexpr std::size_t kStreamsOfACommand = 500;
  for (std::size_t begin = 0; begin < ids.size(); begin += kStreamsOfACommand) {
    RecordMany command{{}, &event_of_300_bytes()};
    for (std::size_t i = begin; i < std::min(begin + kStreamsOfACommand, ids.size()); ++i) {
      command.ids.push_back(ids[i]);
    }
    const auto result = executor.execute(command);
    if (!result) give_up(describe(result.error()));
  }
}

double run_replay(EventStore& store, std::uint64_t expected, bool decoded) {
  const Instant start = std::chrono::steady_clock::now();
  Position at;
  std::uint64_t events = 0;
  std::int64_t total = 0;
  while (at < store.head()) {
    const Result<EventPage> page = store.read(LogQuery{.after = at});
    if (!page) give_up(describe(page.error()));
    for (const StoredEvent& event : page->events) {
      if (!decoded) {
        total += event.payload[0] & 1;
        continue;
      }
      const auto value = decode_event<Recorded>(event.schema_version, event.payload);
      if (!value) give_up(describe(value.error()));
      total += value->quantity;
    }
    events += page->events.size();
    at = page->scanned_to;
  }
  if (total == 0 || events != expected) give_up("the replay is not complete");
  return static_cast<double>(events) / since(start);
}

}  // namespace eventcore::bench
