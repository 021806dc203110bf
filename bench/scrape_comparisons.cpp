// What does a page of metrics cost, and what does it cost those who count meanwhile?

#include <malloc.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "comparisons.hpp"
#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/observability/prometheus_text.hpp"

namespace eventcore::bench {

namespace {

using namespace observability;

constexpr std::size_t kFamilies = 5;
constexpr std::size_t kCounters = 2'000;  // of a family
constexpr std::size_t kHistograms = 200;  // of a family
constexpr double kSeconds[] = {50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3,
                               10e-3, 25e-3,  50e-3,  0.1,    0.25, 1,      10};
constexpr LabelDescription kLabels[] = {{"method"}, {"endpoint", {}, kCounters}, {"status"}};
constexpr std::string_view kCounterNames[kFamilies] = {"a_total", "b_total", "c_total", "d_total",
                                                       "e_total"};
constexpr std::string_view kHistogramNames[kFamilies] = {"a_seconds", "b_seconds", "c_seconds",
                                                         "d_seconds", "e_seconds"};

std::string endpoint(std::size_t i) { return "/orders/" + std::to_string(i); }

struct OurMetrics {
  MetricRegistry registry;
  std::vector<Counter> counters;
  std::vector<DurationHistogram> histograms;

  void add_counters() {
    for (const std::string_view name : kCounterNames) {
      const auto family =
          registry
              .add<DynamicFamily<Counter, 3>>({.name = name, .labels = kLabels, .help = "Things."})
              .value();
      for (std::size_t i = 0; i < kCounters; ++i) {
        counters.push_back(family.with("GET", endpoint(i), "200"));
      }
    }
  }
  void add_histograms() {
    for (const std::string_view name : kHistogramNames) {
      const auto family =
          registry
              .add<DynamicFamily<DurationHistogram, 3>>({.name = name,
                                                         .kind = MetricKind::Histogram,
                                                         .unit = MetricUnit::Seconds,
                                                         .labels = kLabels,
                                                         .buckets = kSeconds,
                                                         .help = "Durations."})
              .value();
      for (std::size_t i = 0; i < kHistograms; ++i) {
        histograms.push_back(family.with("GET", endpoint(i), "200"));
      }
    }
  }
  /// One update of each series.
  void touch() const {
    for (const Counter& counter : counters) counter.increment();
    for (std::size_t i = 0; i < histograms.size(); ++i) {
      histograms[i].record(std::chrono::microseconds(100 + 10 * i));
    }
  }
  [[nodiscard]] std::size_t scrape() const { return prometheus_text(registry.snapshot()).size(); }
};

struct TheirMetrics {
  prometheus::Registry registry;
  std::vector<prometheus::Counter*> counters;
  std::vector<prometheus::Histogram*> histograms;

  void add_counters() {
    for (const std::string_view name : kCounterNames) {
      auto& family =
          prometheus::BuildCounter().Name(std::string(name)).Help("Things.").Register(registry);
      for (std::size_t i = 0; i < kCounters; ++i) {
        counters.push_back(
            &family.Add({{"method", "GET"}, {"endpoint", endpoint(i)}, {"status", "200"}}));
      }
    }
  }
  void add_histograms() {
    const prometheus::Histogram::BucketBoundaries bounds(std::begin(kSeconds), std::end(kSeconds));
    for (const std::string_view name : kHistogramNames) {
      auto& family = prometheus::BuildHistogram()
                         .Name(std::string(name))
                         .Help("Durations.")
                         .Register(registry);
      for (std::size_t i = 0; i < kHistograms; ++i) {
        histograms.push_back(
            &family.Add({{"method", "GET"}, {"endpoint", endpoint(i)}, {"status", "200"}}, bounds));
      }
    }
  }
  void touch() const {
    for (prometheus::Counter* counter : counters) counter->Increment();
    for (std::size_t i = 0; i < histograms.size(); ++i) {
      histograms[i]->Observe(1e-4 + 1e-5 * static_cast<double>(i));
    }
  }
  [[nodiscard]] std::size_t scrape() const {
    return prometheus::TextSerializer().Serialize(registry.Collect()).size();
  }
};

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// Scrapes a second of CPU, after two threads have written all series.
template <class Metrics>
double scrapes(void (Metrics::*add)()) {
  Metrics metrics;
  (metrics.*add)();
  metrics.touch();
  std::thread([&] { metrics.touch(); }).join();
  constexpr int kScrapes = 40;
  std::size_t bytes = metrics.scrape();
  const double began = thread_cpu_seconds();
  for (int i = 0; i < kScrapes; ++i) bytes += metrics.scrape();
  const double took = thread_cpu_seconds() - began;
  if (bytes == 0) return 0;
  return kScrapes / took;
}

/// The slowest in 10,000 updates, in updates a second, while another thread scrapes or counts.
double slowest_update(bool scraped) {
  OurMetrics metrics;
  metrics.add_counters();
  metrics.touch();
  std::atomic<bool> done = false;
  std::thread other([&] {
    while (!done) {
      if (scraped) {
        static_cast<void>(metrics.scrape());
      } else {
        metrics.touch();
      }
    }
  });
  constexpr std::size_t kUpdates = 3'000'000;
  const Clock& clock = system_clock();
  std::vector<std::uint32_t> durations(kUpdates);
  for (std::size_t i = 0; i < kUpdates; ++i) {
    const Instant began = clock.now();
    metrics.counters[i % metrics.counters.size()].increment();
    durations[i] = static_cast<std::uint32_t>((clock.now() - began).count());
  }
  done = true;
  other.join();
  const auto place = durations.end() - static_cast<std::ptrdiff_t>(kUpdates / 10'000);
  std::nth_element(durations.begin(), place, durations.end());
  return 1e9 / std::max<double>(1, *place);
}

/// The inverse of the bytes that a series takes, without the cells of writing threads.
template <class Metrics>
double series_per_byte(void (Metrics::*add)(), std::size_t series) {
  const std::size_t before = mallinfo2().uordblks;
  Metrics metrics;
  (metrics.*add)();
  return static_cast<double>(series) / static_cast<double>(mallinfo2().uordblks - before);
}

Side at_most(double milliseconds) {
  return {std::to_string(static_cast<int>(milliseconds)) + " ms",
          [milliseconds] { return 1e3 / milliseconds; }};
}

}  // namespace

std::vector<Comparison> scrape_comparisons() {
  const auto ours_counters = [] { return scrapes(&OurMetrics::add_counters); };
  const auto ours_histograms = [] { return scrapes(&OurMetrics::add_histograms); };
  return {
      {"scrape of 10,000 counters against 1 ms",
       "CPU time of a page after two threads wrote every series",
       {"text 0.0.4", ours_counters},
       at_most(1),
       1},
      {"scrape of 10,000 counters against prometheus-cpp",
       "the same page",
       {"text 0.0.4", ours_counters},
       {"prometheus-cpp", [] { return scrapes(&TheirMetrics::add_counters); }},
       5},
      {"scrape of 1,000 histograms of 14 buckets against 2 ms",
       "CPU time of a page after two threads wrote every series",
       {"text 0.0.4", ours_histograms},
       at_most(2),
       1},
      {"scrape of 1,000 histograms against prometheus-cpp",
       "the same page",
       {"text 0.0.4", ours_histograms},
       {"prometheus-cpp", [] { return scrapes(&TheirMetrics::add_histograms); }},
       5},
      {"slowest of 10,000 updates while scraped",
       "p99.99 of timed updates, while another thread scrapes against while it counts",
       {"scraped", [] { return slowest_update(true); }},
       {"not scraped", [] { return slowest_update(false); }},
       0.5},
      {"memory of a counter series against 250 bytes",
       "heap of 10,000 series with three labels; each writing thread adds 8 bytes",
       {"ours", [] { return series_per_byte(&OurMetrics::add_counters, kFamilies * kCounters); }},
       {"250 bytes", [] { return 1 / 250.0; }},
       1},
      {"memory of a counter series against prometheus-cpp",
       "the same series",
       {"ours", [] { return series_per_byte(&OurMetrics::add_counters, kFamilies * kCounters); }},
       {"prometheus-cpp",
        [] { return series_per_byte(&TheirMetrics::add_counters, kFamilies * kCounters); }}},
  };
}

}  // namespace eventcore::bench
