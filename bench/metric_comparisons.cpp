// What does measuring cost, beside an atomic addition and beside prometheus-cpp?

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <barrier>
#include <string>
#include <thread>

#include "comparisons.hpp"
#include "eventcore/observability/metric_registry.hpp"

namespace eventcore::observability {

enum class BenchMethod : std::uint8_t { Get, Put, Post };
enum class BenchResult : std::uint8_t { Ok, Failed };

template <>
struct LabelDomain<BenchMethod> {
  static constexpr std::string_view name = "method";
  static constexpr std::string_view values[] = {"GET", "PUT", "POST"};
};
template <>
struct LabelDomain<BenchResult> {
  static constexpr std::string_view name = "result";
  static constexpr std::string_view values[] = {"ok", "failed"};
};

}  // namespace eventcore::observability

namespace eventcore::bench {

namespace {

using namespace observability;

constexpr double kSeconds[] = {50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3,
                               10e-3, 25e-3,  50e-3,  0.1,    0.25, 1,      10};
constexpr MetricDescription kCount{.name = "bench_total", .help = "Things."};
constexpr MetricDescription kDuration{.name = "bench_seconds",
                                      .kind = MetricKind::Histogram,
                                      .unit = MetricUnit::Seconds,
                                      .buckets = kSeconds,
                                      .help = "Durations."};
constexpr LabelDescription kEnums[] = {label_of<BenchMethod>, label_of<BenchResult>};
constexpr MetricDescription kByEnums{
    .name = "bench_enums_total", .labels = kEnums, .help = "By enumerations."};
constexpr LabelDescription kTexts[] = {{"method"}, {"endpoint"}, {"status"}};
constexpr MetricDescription kByTexts{
    .name = "bench_texts_total", .labels = kTexts, .help = "By texts."};

constexpr std::uint64_t kOperations = 20'000'000;

/// Keeps the compiler from folding a loop.
template <class T>
void keep(T& value) {
  asm volatile("" : "+r,m"(value) : : "memory");
}

/// Operations a second of each of `threads` threads that run `make_operation()(i)`, started
/// together.
template <class Make>
double rate(int threads, std::uint64_t operations, const Make& make_operation) {
  std::barrier start(threads);
  std::vector<double> seconds(static_cast<std::size_t>(threads));
  const auto run = [&](std::size_t thread) {
    auto operation = make_operation();
    for (std::uint64_t i = 0; i < operations / 100; ++i) operation(i);
    start.arrive_and_wait();
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < operations; ++i) {
      operation(i);
      keep(i);
    }
    seconds[thread] =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(run, static_cast<std::size_t>(i));
  run(0);
  for (std::thread& other : others) other.join();
  double total = 0;
  for (const double one : seconds) total += one;
  return static_cast<double>(operations) * threads / total;
}

double own_line_add() {
  struct alignas(64) Line {
    std::atomic<std::uint64_t> count = 0;
  };
  Line line;
  return rate(1, kOperations, [&] {
    return [&](std::uint64_t) { line.count.fetch_add(1, std::memory_order_relaxed); };
  });
}

double our_counter(int threads) {
  MetricRegistry registry;
  const auto counter = registry.add<Counter>(kCount).value();
  return rate(threads, kOperations,
              [&] { return [counter](std::uint64_t) { counter.increment(); }; });
}

double their_counter(int threads) {
  prometheus::Registry registry;
  auto& counter = prometheus::BuildCounter().Name("bench_total").Register(registry).Add({});
  return rate(threads, kOperations / 4,
              [&] { return [&](std::uint64_t) { counter.Increment(); }; });
}

double our_enum_counter(int threads) {
  MetricRegistry registry;
  const auto family = registry.add<Family<Counter, BenchMethod, BenchResult>>(kByEnums).value();
  return rate(threads, kOperations, [&] {
    return [family](std::uint64_t i) {
      family.at(static_cast<BenchMethod>(i % 3), static_cast<BenchResult>(i % 2)).increment();
    };
  });
}

constexpr std::array<std::string_view, 4> kEndpoints = {"/orders", "/orders/{id}", "/customers",
                                                        "/products/{id}/stock"};

double our_text_counter(int threads) {
  MetricRegistry registry;
  const auto family = registry.add<DynamicFamily<Counter, 3>>(kByTexts).value();
  return rate(threads, kOperations / 4, [&] {
    return [family](std::uint64_t i) {
      family.with(i % 2 == 0 ? "GET" : "POST", kEndpoints[i % 4], i % 8 == 0 ? "404" : "200")
          .increment();
    };
  });
}

double their_text_counter(int threads) {
  prometheus::Registry registry;
  auto& family = prometheus::BuildCounter().Name("bench_total").Register(registry);
  return rate(threads, kOperations / 200, [&] {
    return [&](std::uint64_t i) {
      family
          .Add({{"method", i % 2 == 0 ? "GET" : "POST"},
                {"endpoint", std::string(kEndpoints[i % 4])},
                {"status", i % 8 == 0 ? "404" : "200"}})
          .Increment();
    };
  });
}

/// Durations from 50 µs to 3 ms, as a command's would be.
std::chrono::nanoseconds duration_of(std::uint64_t i) {
  return std::chrono::nanoseconds(50'000 + (i * 7'919) % 3'000'000);
}

double our_histogram(int threads) {
  MetricRegistry registry;
  const auto histogram = registry.add<DurationHistogram>(kDuration).value();
  return rate(threads, kOperations,
              [&] { return [histogram](std::uint64_t i) { histogram.record(duration_of(i)); }; });
}

double their_histogram(int threads) {
  prometheus::Registry registry;
  auto& histogram = prometheus::BuildHistogram()
                        .Name("bench_seconds")
                        .Register(registry)
                        .Add({}, prometheus::Histogram::BucketBoundaries(std::begin(kSeconds),
                                                                         std::end(kSeconds)));
  return rate(threads, kOperations / 10, [&] {
    return [&](std::uint64_t i) {
      histogram.Observe(static_cast<double>(duration_of(i).count()) / 1e9);
    };
  });
}

double two_clock_reads() {
  const Clock& clock = system_clock();
  return rate(1, kOperations / 4, [&] {
    return [&](std::uint64_t) {
      Instant first = clock.now();
      keep(first);
      Instant second = clock.now();
      keep(second);
    };
  });
}

double our_timer() {
  MetricRegistry registry;
  const auto histogram = registry.add<DurationHistogram>(kDuration).value();
  return rate(1, kOperations / 4,
              [&] { return [&](std::uint64_t) { const ScopedTimer timer(histogram); }; });
}

/// What an instrumented append adds: four counters, a latency histogram and its timing.
double our_append(int threads) {
  MetricRegistry registry;
  const auto first = registry.add<Counter>(kCount).value();
  const auto family = registry.add<Family<Counter, BenchMethod, BenchResult>>(kByEnums).value();
  const auto histogram = registry.add<DurationHistogram>(kDuration).value();
  const auto append = [&] {
    return [&](std::uint64_t i) {
      const ScopedTimer timer(histogram);
      first.increment();
      family.at(BenchMethod::Put, BenchResult::Ok).increment();
      family.at(BenchMethod::Post, BenchResult::Ok).add(i & 7);
      family.at(static_cast<BenchMethod>(i % 3), BenchResult::Failed).increment();
    };
  };
  const double bare = rate(threads, kOperations, [] { return [](std::uint64_t) {}; });
  return 1 / (1 / rate(threads, kOperations / 4, append) - 1 / bare);
}

}  // namespace

std::vector<Comparison> metric_comparisons() {
  return {
      {"counter, 1 thread, against an atomic addition",
       "a handle against fetch_add on a cache line of its own",
       {"Counter::increment", [] { return our_counter(1); }},
       {"fetch_add", own_line_add},
       2},
      {"counter, 2 threads against 1",
       "the same counter from two threads: how much slower is each?",
       {"2 threads", [] { return our_counter(2); }},
       {"1 thread", [] { return our_counter(1); }},
       1 / 1.6},
      {"counter, 1 thread, against prometheus-cpp",
       "a handle against a kept Counter&",
       {"Counter::increment", [] { return our_counter(1); }},
       {"prometheus-cpp", [] { return their_counter(1); }},
       4},
      {"counter, 2 threads, against prometheus-cpp",
       "the same from two threads",
       {"Counter::increment", [] { return our_counter(2); }},
       {"prometheus-cpp", [] { return their_counter(2); }},
       20},
      {"counter, 2 enum labels, against 2 ns",
       "Family::at and the update",
       {"Family::at", [] { return our_enum_counter(1); }},
       costs(2),
       1},
      {"counter, 3 run-time labels, against 25 ns",
       "DynamicFamily::with and the update",
       {"DynamicFamily::with", [] { return our_text_counter(1); }},
       costs(25),
       1},
      {"counter, 3 run-time labels, 2 threads, against prometheus-cpp",
       "against Family::Add each time",
       {"DynamicFamily::with", [] { return our_text_counter(2); }},
       {"prometheus-cpp", [] { return their_text_counter(2); }}},
      {"histogram, 1 thread, against 8 ns",
       "a duration into 14 classic and 288 native buckets",
       {"DurationHistogram::record", [] { return our_histogram(1); }},
       costs(8),
       1},
      {"histogram, 2 threads, against prometheus-cpp",
       "against Observe with the same 14 buckets",
       {"DurationHistogram::record", [] { return our_histogram(2); }},
       {"prometheus-cpp", [] { return their_histogram(2); }},
       10},
      {"timed operation against its two clock reads",
       "ScopedTimer against reading the same clock twice",
       {"ScopedTimer", our_timer},
       {"two reads", two_clock_reads},
       1 / 1.3},
      {"instrumented append, 1 thread, against 30 ns",
       "4 counters, a latency histogram and its timing",
       {"added by measuring", [] { return our_append(1); }},
       costs(30),
       1},
      {"instrumented append, 2 threads, against 30 ns",
       "the same from two threads",
       {"added by measuring", [] { return our_append(2); }},
       costs(30),
       1},
  };
}

}  // namespace eventcore::bench
