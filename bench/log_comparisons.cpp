// What does a log call cost its caller, and how many records does the drain write?

#include <spdlog/async.h>
#include <spdlog/sinks/null_sink.h>

#include <barrier>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "comparisons.hpp"
#include "eventcore/logging/log.hpp"
#include "eventcore/logging/logging.hpp"

namespace eventcore::bench {

namespace {

using Time = std::chrono::steady_clock;

constexpr std::uint64_t kBurst = 1'000;  // less than half of a ring
constexpr std::uint64_t kBursts = 200;
constexpr std::size_t kRing = std::size_t{256} * 1024;

class Nowhere final : public LogSink {
 public:
  void write(std::span<const LogLine>, std::string_view text) override { bytes_ += text.size(); }

 private:
  std::size_t bytes_ = 0;
};

void log_to_nowhere(std::string_view filter, std::size_t ring_bytes) {
  LoggingOptions options;
  options.filter = filter;
  options.format = "json";
  options.environment_first = false;
  options.sink = std::make_shared<Nowhere>();
  options.site_rate_max = 0;
  options.ring_bytes = ring_bytes;
  ignore_error(init_logging(std::move(options)), "the options are right");
}

void wait_for_drain() { flush_log(Deadline::after(std::chrono::seconds(10))); }

/// Without sleeping: who has slept is slow for a while, whatever it calls.
void watch_drain() {
  while (log_stats().queued_bytes != 0) std::this_thread::yield();
}

void say(std::uint64_t number) {
  EVENTCORE_LOG_RECORD(Info, "bench", "", "Order placed", field("order_id", "order-123456789"),
                       field("lines", number), field("total", number * 3));
}

double seconds_since(Time::time_point begin) {
  return std::chrono::duration<double>(Time::now() - begin).count();
}

/// Calls a second and thread, in bursts between which what was logged is waited for.
template <class Call, class Wait>
double burst_rate(int threads, Call call, Wait wait) {
  std::barrier together(threads);
  std::vector<double> seconds(static_cast<std::size_t>(threads));
  const auto run = [&](std::size_t thread) {
    for (std::uint64_t burst = 0; burst < kBursts; ++burst) {
      together.arrive_and_wait();
      const Time::time_point begin = Time::now();
      for (std::uint64_t i = 0; i < kBurst; ++i) call(i);
      seconds[thread] += seconds_since(begin);
      together.arrive_and_wait();
      if (thread == 0) wait();
    }
  };
  std::vector<std::thread> others;
  // Threads of their own, whose rings are as large as the options say.
  for (std::size_t i = 0; i < seconds.size(); ++i) others.emplace_back(run, i);
  for (std::thread& other : others) other.join();
  double sum = 0;
  for (const double one : seconds) sum += one;
  return static_cast<double>(kBurst * kBursts) * threads / sum;
}

double our_calls(int threads) {
  log_to_nowhere("info", kRing);
  return burst_rate(threads, say, watch_drain);
}

double our_calls_that_are_off() {
  log_to_nowhere("warn", kRing);
  constexpr std::uint64_t kCalls = 50'000'000;
  const Time::time_point begin = Time::now();
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    EVENTCORE_LOG_RECORD(Info, "bench", "", "Order placed", field("order_id", "order-123456789"),
                         field("lines", i), field("total", i * 3));
    asm volatile("" : : : "memory");
  }
  return static_cast<double>(kCalls) / seconds_since(begin);
}

double our_calls_that_are_suppressed() {
  LoggingOptions options;
  options.environment_first = false;
  options.format = "json";
  options.sink = std::make_shared<Nowhere>();
  ignore_error(init_logging(std::move(options)), "the options are right");
  constexpr std::uint64_t kCalls = 20'000'000;
  const Time::time_point begin = Time::now();
  for (std::uint64_t i = 0; i < kCalls; ++i) say(i);
  return static_cast<double>(kCalls) / seconds_since(begin);
}

/// While the drain writes what was logged before.
double our_calls_beside_a_busy_drain() {
  log_to_nowhere("info", kRing);
  return burst_rate(1, say, [] {
    while (log_stats().queued_bytes > kRing / 4) {
    }
  });
}

double our_drain() {
  constexpr std::uint64_t kRecords = 100'000;
  log_to_nowhere("info", std::size_t{32} * 1024 * 1024);
  double best = 0;
  std::thread writer([&] {  // its ring has the size above
    for (int turn = 0; turn < 5; ++turn) {
      const Time::time_point begin = Time::now();
      const std::uint64_t before = log_stats().written;
      for (std::uint64_t i = 0; i < kRecords; ++i) say(i);
      wait_for_drain();
      const std::uint64_t written = log_stats().written - before;
      best = std::max(best, static_cast<double>(written) / seconds_since(begin));
    }
  });
  writer.join();
  return best;
}

/// spdlog's asynchronous logger, with the pattern of a JSON line.
class Theirs {
 public:
  Theirs()
      : pool_(std::make_shared<spdlog::details::thread_pool>(8'192, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "bench", std::make_shared<spdlog::sinks::null_sink_mt>(), pool_,
            spdlog::async_overflow_policy::block)) {
    logger_->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})");
  }
  void say(std::uint64_t number) {
    logger_->info(R"("message":"Order placed","order_id":"{}","lines":{},"total":{})",
                  "order-123456789", number, number * 3);
  }
  void wait() {
    while (pool_->queue_size() != 0) std::this_thread::yield();
  }

 private:
  const std::shared_ptr<spdlog::details::thread_pool> pool_;
  const std::shared_ptr<spdlog::async_logger> logger_;
};

double their_calls(int threads) {
  Theirs theirs;
  return burst_rate(
      threads, [&](std::uint64_t i) { theirs.say(i); }, [&] { theirs.wait(); });
}

/// One call each 20 µs: who has to wake its consumer pays for it.
template <class Call>
double paced_rate(Call call) {
  constexpr std::uint64_t kCalls = 20'000;
  double seconds = 0;
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    const Time::time_point pause = Time::now();
    while (Time::now() - pause < std::chrono::microseconds(20)) {
    }
    const Time::time_point begin = Time::now();
    call(i);
    seconds += seconds_since(begin);
  }
  return static_cast<double>(kCalls) / seconds;
}

double our_paced_calls() {
  log_to_nowhere("info", kRing);
  return paced_rate(say);
}

double their_paced_calls() {
  Theirs theirs;
  return paced_rate([&](std::uint64_t i) { theirs.say(i); });
}

}  // namespace

std::vector<Comparison> log_comparisons() {
  return {
      {"log call, level off, against 1 ns",
       "a call that makes no record",
       {"EVENTCORE_LOG", our_calls_that_are_off},
       costs(1),
       1},
      {"log call, suppressed, against 10 ns",
       "a call above the limit of its place",
       {"EVENTCORE_LOG", our_calls_that_are_suppressed},
       costs(10),
       1},
      {"log call, 3 fields, 1 thread, against 25 ns",
       "what its caller pays while the drain sleeps",
       {"EVENTCORE_LOG", [] { return our_calls(1); }},
       costs(25),
       1},
      {"log call, 3 fields, 2 threads, against 25 ns",
       "the same from two threads",
       {"EVENTCORE_LOG", [] { return our_calls(2); }},
       costs(25),
       1},
      {"log call, 3 fields, busy drain, against 25 ns",
       "the same while the drain writes what was before",
       {"EVENTCORE_LOG", our_calls_beside_a_busy_drain},
       costs(25),
       1},
      {"log call, 1 thread, against spdlog async",
       "bursts of 1,000 into empty queues",
       {"EVENTCORE_LOG", [] { return our_calls(1); }},
       {"spdlog async", [] { return their_calls(1); }},
       10},
      {"log call, 2 threads, against spdlog async",
       "the same from two threads",
       {"EVENTCORE_LOG", [] { return our_calls(2); }},
       {"spdlog async", [] { return their_calls(2); }},
       10},
      {"log call, each 20 us, against spdlog async",
       "one call at a time, with the clock that measures it",
       {"EVENTCORE_LOG", our_paced_calls},
       {"spdlog async", their_paced_calls},
       10},
      {"log drain, JSON, against 1,000,000 records/s",
       "from the call to the sink, 3 fields",
       {"the drain", our_drain},
       costs(1'000),
       1},
  };
}

}  // namespace eventcore::bench
