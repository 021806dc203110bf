#include "eventcore/monitor/baseline_watch.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "eventcore/observability/prometheus_text.hpp"
#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::monitor {
namespace {

using namespace std::chrono_literals;
using observability::MetricsOptions;
using observability::MetricsService;
using observability::prometheus_text;
using ::testing::HasSubstr;
using ::testing::Not;

/// A service whose commands take as long as told.
class Service {
 public:
  Service() {
    MetricsOptions options;
    options.clock = &clock_;
    metrics = std::make_shared<MetricsService>(options);
    monitor = std::make_shared<PerformanceMonitor>(metrics);
  }

  void run(int seconds, std::chrono::microseconds latency) {
    for (int i = 0; i < seconds; ++i) {
      for (int k = 0; k < 10; ++k) {
        metrics->record_command_executed("order", latency + std::chrono::microseconds(i % 7), true);
      }
      clock_.advance(1s);
      monitor->tick();
    }
  }

  std::shared_ptr<MetricsService> metrics;
  std::shared_ptr<PerformanceMonitor> monitor;

 private:
  testing::ManualClock clock_;
};

Baseline recorded(std::chrono::microseconds latency) {
  Service service;
  service.run(60, latency);
  return baseline_of(service.monitor->snapshots(), "recorded");
}

TEST(BaselineWatch, ExportsHowFarTheProcessIsFromItsBaseline) {
  Service service;
  const auto watch = std::make_shared<BaselineWatch>(service.monitor, recorded(2ms),
                                                     BaselineWatchOptions{.snapshots = 60});
  auto shown = show_baseline(service.metrics->registry(), watch);
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_FALSE(show_baseline(service.metrics->registry(), watch)) << "they are there already";
  const auto page = [&] { return prometheus_text(service.metrics->registry().snapshot()); };
  EXPECT_THAT(page(), Not(HasSubstr("\neventcore_baseline_"))) << "there is no snapshot yet";

  service.run(60, 2ms);
  EXPECT_THAT(page(), HasSubstr("\neventcore_baseline_verdict{measure=\"avg_latency_ms\"} 0\n"));
  EXPECT_THAT(page(),
              HasSubstr("\neventcore_baseline_deviation_ratio{measure=\"avg_latency_ms\"} 0\n"));

  service.run(60, 2400us);
  EXPECT_THAT(page(), HasSubstr("\neventcore_baseline_verdict{measure=\"avg_latency_ms\"} 1\n"));
  EXPECT_THAT(page(),
              HasSubstr("\neventcore_baseline_deviation_ratio{measure=\"avg_latency_ms\"} 0.1997"));
  EXPECT_THAT(page(),
              HasSubstr("\neventcore_baseline_verdict{measure=\"commands_per_second\"} 0\n"));

  service.run(60, 1500us);
  EXPECT_THAT(page(), HasSubstr("\neventcore_baseline_verdict{measure=\"avg_latency_ms\"} -1\n"));
  shown->clear();
  EXPECT_THAT(page(), Not(HasSubstr("eventcore_baseline_")));
}

TEST(BaselineWatch, LooksAgainAfterTenSnapshots) {
  Service service;
  const BaselineWatch watch(service.monitor, recorded(2ms));
  EXPECT_EQ(watch.comparison().verdict, Verdict::InsufficientData);
  service.run(20, 2ms);
  const auto samples = [&] { return watch.comparison().measures.at(1).result.samples_after; };
  EXPECT_EQ(samples(), 20U);
  service.run(9, 2ms);
  EXPECT_EQ(samples(), 20U);
  service.run(1, 2ms);
  EXPECT_EQ(samples(), 30U);
}

TEST(BaselineWatch, IsAskedByManyThreads) {
  Service service;
  service.run(30, 2ms);
  const BaselineWatch watch(service.monitor, recorded(2ms));
  std::jthread other([&] {
    for (int i = 0; i < 100; ++i) static_cast<void>(watch.comparison());
  });
  service.run(100, 2ms);
  for (int i = 0; i < 100; ++i) {
    EXPECT_NE(watch.comparison().verdict, Verdict::Worse);
  }
}

}  // namespace
}  // namespace eventcore::monitor
