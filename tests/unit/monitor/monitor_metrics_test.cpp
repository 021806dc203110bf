#include "eventcore/monitor/monitor_metrics.hpp"

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

TEST(MonitorMetrics, ShowTheLatestSnapshotAndTrends) {
  testing::ManualClock clock;
  MetricsOptions options;
  options.clock = &clock;
  const auto metrics = std::make_shared<MetricsService>(options);
  const auto monitor = std::make_shared<PerformanceMonitor>(metrics);
  auto shown = show_monitor(metrics->registry(), monitor, clock);
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_FALSE(show_monitor(metrics->registry(), monitor, clock)) << "they are there already";
  EXPECT_THAT(prometheus_text(metrics->registry().snapshot()),
              Not(HasSubstr("\neventcore_monitor_")))
      << "there is no snapshot yet";
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < (i < 30 ? 100 : 50); ++k) {
      metrics->record_command_executed("order", 2ms, k % 10 != 0);
    }
    clock.advance(1s);
    monitor->tick();
  }
  clock.advance(3s);
  const std::string page = prometheus_text(metrics->registry().snapshot());
  EXPECT_THAT(page, HasSubstr("\neventcore_monitor_commands_per_second 50\n"));
  EXPECT_THAT(page, HasSubstr("\neventcore_monitor_error_ratio 0.1\n"));
  EXPECT_THAT(page, HasSubstr("\neventcore_monitor_latency_seconds{statistic=\"avg\"} 0.00"));
  EXPECT_THAT(page, HasSubstr("\neventcore_monitor_latency_seconds{statistic=\"p99\"} 0.00"));
  EXPECT_THAT(page, HasSubstr("\neventcore_monitor_snapshot_age_seconds 3\n"));
  EXPECT_THAT(page, HasSubstr("\neventcore_monitor_trend{measure=\"throughput\"} -1\n"));
  EXPECT_THAT(page, HasSubstr("\neventcore_monitor_trend{measure=\"latency\"} 0\n"));
  EXPECT_THAT(page,
              HasSubstr("\neventcore_monitor_trend_change_ratio{measure=\"throughput\"} -0.5\n"));
  EXPECT_THAT(page,
              HasSubstr("\neventcore_monitor_trend_confidence_ratio{measure=\"throughput\"} 0.9"));
  shown->clear();
  EXPECT_THAT(prometheus_text(metrics->registry().snapshot()),
              Not(HasSubstr("eventcore_monitor_")));
}

TEST(MonitorMetrics, AreScrapedWhileTheMonitorLooks) {
  const auto metrics = std::make_shared<MetricsService>();
  const auto monitor = std::make_shared<PerformanceMonitor>(metrics);
  auto shown = show_monitor(metrics->registry(), monitor);
  ASSERT_TRUE(shown);
  std::jthread scraper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) static_cast<void>(metrics->registry().snapshot());
  });
  PerformanceReader reader = monitor->reader();
  for (int i = 0; i < 200; ++i) {
    metrics->record_command_executed("order", 1ms, true);
    monitor->tick();
    static_cast<void>(monitor->capture_snapshot());
    static_cast<void>(reader.capture_snapshot());
    static_cast<void>(monitor->get_trend_analysis(1));
  }
}

}  // namespace
}  // namespace eventcore::monitor
