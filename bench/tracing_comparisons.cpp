// What does a span cost, and a command that is traced?

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "comparisons.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/tracing/span.hpp"
#include "eventcore/tracing/tracer.hpp"
#include "eventcore/tracing/tracing_probe.hpp"
#include "workload.hpp"

namespace eventcore::bench {

namespace {

/// Takes spans and forgets them.
class NoSink final : public SpanSink {
 public:
  void take(std::span<const SpanRecord>) noexcept override {}
};

std::unique_ptr<Tracer> tracer_with(std::optional<Sampler> sampler) {
  if (!sampler) return nullptr;
  auto tracer = install_tracer({.sampler = *sampler, .sinks = {std::make_shared<NoSink>()}});
  if (!tracer) give_up(describe(tracer.error()));
  return *std::move(tracer);
}

struct SpanRun {
  std::optional<Sampler> sampler;  // nothing: no tracer
  bool attributes = false;
  int threads = 1;
  std::size_t burst = 1'000'000;  // spans between two flushes, so that a ring does not overflow
};

void make_spans(std::size_t count, bool attributes) {
  if (!attributes) {
    for (std::size_t i = 0; i < count; ++i) {
      Span span("work");
      asm volatile("" : : "r"(&span) : "memory");
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    Span span("work");
    span.attribute("stream", std::string_view("product-22423"))
        .attribute("position", i)
        .attribute("cached", true);
  }
}

/// Spans a second of one thread, at the caller: what the tracer's own thread takes on a core of its
/// own is not part of it, so threads rest while it catches up.
double span_rate(const SpanRun& run) {
  const auto tracer = tracer_with(run.sampler);
  constexpr int kBursts = 40;
  std::vector<double> costs(static_cast<std::size_t>(run.threads), 0);
  for (int burst = 0; burst < kBursts; ++burst) {
    std::vector<std::thread> threads;
    for (double& cost : costs) {
      threads.emplace_back([&run, &cost] {
        make_spans(16, run.attributes);  // its ring and its first buffer
        const auto began = std::chrono::steady_clock::now();
        make_spans(run.burst, run.attributes);
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
        cost += taken.count() / static_cast<double>(run.burst);
      });
    }
    for (std::thread& thread : threads) thread.join();
    if (tracer) tracer->flush({});
  }
  if (tracer && tracer->stats().dropped > 0) give_up("a ring overflowed: the burst is too long");
  return kBursts / *std::max_element(costs.begin(), costs.end());
}

/// Commands a second in memory, warm, with all metrics and, if `sampler`, with traces.
double command_rate(std::optional<Sampler> sampler, bool has_probe) {
  constexpr int kCommands = 200'000;
  const auto tracer = tracer_with(sampler);
  const std::shared_ptr<Probe> metrics = std::make_shared<observability::MetricsService>();
  const auto probe = has_probe ? combine({metrics, tracing_probe()}) : metrics;
  const std::unique_ptr<EventStore> store = open_memory_store({.probe = probe});
  CommandExecutor executor(*store, {.probe = probe});
  return run_warm(executor, kCommands);
}

Comparison span_comparison(const char* name, const char* question, SpanRun run, double target_ns) {
  return {name, question, {"span", [run] { return span_rate(run); }}, costs(target_ns), 1};
}

}  // namespace

std::vector<Comparison> tracing_comparisons() {
  const Sampler off = Sampler::always_off();
  const Sampler on = Sampler::always_on();
  // Of less than 200 bytes each; two threads may use one ring of 256 KiB, one after the other.
  constexpr std::size_t kBurst = 600;
  return {
      span_comparison("span without a tracer against 1 ns", "construction and end", {}, 1),
      span_comparison("span not sampled against 8 ns", "a root: its ids, and being current",
                      {.sampler = off}, 8),
      span_comparison("span not sampled, 2 threads, against 8 ns", "the slower of both",
                      {.sampler = off, .threads = 2}, 8),
      span_comparison("span with 3 attributes against 100 ns", "at the caller, recorded",
                      {.sampler = on, .attributes = true, .burst = kBurst}, 100),
      span_comparison("span with 3 attributes, 2 threads, against 100 ns", "the slower of both",
                      {.sampler = on, .attributes = true, .threads = 2, .burst = kBurst}, 100),
      {"measured command with traces at 1 % against without",
       "commands a second in memory with all metrics, the tracer's thread on the same cores",
       {"traced", [] { return command_rate(Sampler::ratio(0.01), true); }},
       {"not traced", [] { return command_rate(std::nullopt, false); }},
       0.9},
      {"command with a tracing probe but no tracer",
       "commands a second in memory with all metrics",
       {"probe", [] { return command_rate(std::nullopt, true); }},
       {"no probe", [] { return command_rate(std::nullopt, false); }},
       0.95},
  };
}

}  // namespace eventcore::bench
