#include "eventcore/monitor/performance_monitor.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "eventcore/memory_store.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "instruments.hpp"

namespace eventcore::monitor {
namespace {

using namespace std::chrono_literals;
using observability::MetricsOptions;
using observability::MetricsService;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A page of `/metrics` as anybody could read it: a value by name and labels.
class Scrape {
 public:
  explicit Scrape(const MetricsService& metrics) {
    std::istringstream lines(metrics.export_metrics().body);
    for (std::string line; std::getline(lines, line);) {
      if (line.empty() || line.front() == '#') continue;
      const std::size_t end = line.rfind(' ');
      values_[line.substr(0, end)] = std::stod(line.substr(end + 1));
    }
  }

  /// The sum of all series of `name`, of those with `label` in their labels.
  [[nodiscard]] double total(const std::string& name, const std::string& label = "") const {
    double sum = 0;
    for (const auto& [series, value] : values_) {
      if (series != name && !series.starts_with(name + "{")) continue;
      if (label.empty() || series.find(label) != std::string::npos) sum += value;
    }
    return sum;
  }
  /// Observations up to each bound.
  [[nodiscard]] std::map<double, double> buckets(const std::string& name) const {
    std::map<double, double> result;
    for (const auto& [series, value] : values_) {
      const std::size_t at = series.find("le=\"");
      if (!series.starts_with(name + "_bucket{") || at == std::string::npos) continue;
      result[std::stod(series.substr(at + 4))] += value;
    }
    return result;
  }

 private:
  std::map<std::string, double> values_;
};

class PerformanceMonitorTest : public ::testing::Test {
 protected:
  static MetricsOptions options_with(const Clock& clock) {
    MetricsOptions options;
    options.clock = &clock;
    return options;
  }

  /// `count` commands of `duration`, one in `error_every` of them a failure.
  void commands(int count, std::chrono::nanoseconds duration = 1ms, int error_every = 0) {
    for (int i = 0; i < count; ++i) {
      const bool fails = error_every > 0 && i % error_every == 0;
      metrics_->record_command_executed("order", duration, !fails);
    }
  }

  testing::ManualClock clock_;
  std::shared_ptr<MetricsService> metrics_ = std::make_shared<MetricsService>(options_with(clock_));
};

TEST_F(PerformanceMonitorTest, AgreesWithTwoScrapes) {
  metrics_->record_command_executed("before", 3ms, true);
  metrics_->update_active_streams(17);
  metrics_->update_memory_usage(64.0 * 1024 * 1024);
  const Scrape before(*metrics_);
  PerformanceMonitor monitor(metrics_);

  std::mt19937_64 random(11);
  std::lognormal_distribution<double> latency(std::log(4e6), 0.8);  // around 4 ms
  std::vector<double> seconds;
  double seconds_sum = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto duration = std::chrono::nanoseconds(static_cast<std::int64_t>(latency(random)));
    metrics_->record_command_executed(i % 3 == 0 ? "place_order" : "ship", duration, i % 50 != 0);
    seconds.push_back(static_cast<double>(duration.count()) / 1e9);
    seconds_sum += seconds.back();
  }
  metrics_->record_events_written(StreamId::parse("order-1").value(), 12'345);
  metrics_->group_committed(
      {.commands = 3, .rejected = 40, .events = 3, .queue_depth = 7, .commit = 2ms, .head = {}});
  CommandRecord refused;
  refused.command_type = "ship";
  refused.outcome = CommandOutcome::Rejected;
  refused.duration = 1ms;
  seconds.push_back(1e-3);
  seconds_sum += 1e-3;
  refused.attempts = 4;
  metrics_->command_finished(refused);
  clock_.advance(2500ms);
  const PerformanceSnapshot snapshot = monitor.capture_snapshot();
  const Scrape after(*metrics_);

  constexpr double kWindow = 2.5;
  const auto rise = [&](const std::string& name, const std::string& label = "") {
    return after.total(name, label) - before.total(name, label);
  };
  EXPECT_EQ(snapshot.window, 2500ms);
  EXPECT_EQ(snapshot.timestamp, clock_.wall());
  EXPECT_EQ(snapshot.age, 0ns);
  EXPECT_DOUBLE_EQ(snapshot.commands_per_second, rise("eventcore_commands_total") / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.commands_per_second, 5001 / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.events_per_second, rise("eventcore_events_written_total") / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.events_per_second, 12'345 / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.conflicts_per_second,
                   rise("eventcore_append_conflicts_total") / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.conflicts_per_second, 40 / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.rejections_per_second,
                   rise("eventcore_command_outcomes_total", "outcome=\"rejected\"") / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.rejections_per_second, 1 / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.retries_per_second, 3 / kWindow);
  EXPECT_DOUBLE_EQ(snapshot.error_rate,
                   rise("eventcore_command_errors_total") / rise("eventcore_commands_total"));
  EXPECT_DOUBLE_EQ(snapshot.error_rate, 100.0 / 5001);
  EXPECT_DOUBLE_EQ(snapshot.active_streams, 17);
  EXPECT_DOUBLE_EQ(snapshot.memory_usage_mb,
                   after.total("eventcore_memory_usage_bytes") / 1024 / 1024);
  EXPECT_DOUBLE_EQ(snapshot.memory_usage_mb, 64);
  EXPECT_DOUBLE_EQ(snapshot.append_queue_depth, 7);
  EXPECT_NEAR(snapshot.avg_commit_ms, 2, 1e-9);
  EXPECT_NEAR(snapshot.p95_commit_ms, 2, 2 * kPercentileError);
  const std::string family = "eventcore_command_duration_seconds";
  EXPECT_NEAR(snapshot.avg_latency_ms, rise(family + "_sum") / rise(family + "_count") * 1e3, 1e-6);
  EXPECT_NEAR(snapshot.avg_latency_ms, seconds_sum / 5001 * 1e3, 1e-6);

  std::sort(seconds.begin(), seconds.end());
  std::map<double, double> buckets = after.buckets(family);
  for (const auto& [bound, count] : before.buckets(family)) buckets[bound] -= count;
  const std::pair<double, double> percentiles[] = {{0.5, snapshot.p50_latency_ms},
                                                   {0.95, snapshot.p95_latency_ms},
                                                   {0.99, snapshot.p99_latency_ms}};
  for (const auto& [q, milliseconds] : percentiles) {
    const double rank = std::ceil(q * 5001);
    const double exact = seconds[static_cast<std::size_t>(rank) - 1] * 1e3;
    EXPECT_NEAR(milliseconds, exact, exact * kPercentileError) << q;
    // The classic bucket that a scrape would place it in.
    double lower = 0;
    for (const auto& [bound, count] : buckets) {
      if (count >= rank) {
        EXPECT_LE(milliseconds, bound * 1e3) << q;
        EXPECT_GE(milliseconds, lower * 1e3 / (1 + kPercentileError)) << q;
        break;
      }
      lower = bound;
    }
  }
}

TEST_F(PerformanceMonitorTest, GivesEachCallerWindowsOfItsOwn) {
  PerformanceMonitor monitor(metrics_);
  PerformanceReader reader = monitor.reader();
  commands(10);
  clock_.advance(1s);
  EXPECT_EQ(monitor.capture_snapshot().commands_per_second, 10);
  commands(20);
  clock_.advance(1s);
  EXPECT_EQ(monitor.capture_snapshot().commands_per_second, 20);
  EXPECT_EQ(reader.capture_snapshot().commands_per_second, 15);
}

TEST_F(PerformanceMonitorTest, ReturnsTheSameAgainIfAskedTooSoon) {
  PerformanceMonitor monitor(metrics_);
  const PerformanceSnapshot first = monitor.capture_snapshot();
  EXPECT_EQ(first.window, 0ns);
  EXPECT_EQ(first.commands_per_second, 0);
  commands(10);
  clock_.advance(1s);
  const PerformanceSnapshot snapshot = monitor.capture_snapshot();
  commands(10);
  clock_.advance(99ms);
  const PerformanceSnapshot again = monitor.capture_snapshot();
  EXPECT_EQ(again.age, 99ms);
  EXPECT_EQ(again.timestamp, snapshot.timestamp);
  EXPECT_EQ(again.commands_per_second, 10);
  EXPECT_THAT(monitor.snapshots(), SizeIs(1));
  clock_.advance(1ms);
  const PerformanceSnapshot next = monitor.capture_snapshot();
  EXPECT_EQ(next.age, 0ns);
  EXPECT_EQ(next.commands_per_second, 100);
}

TEST_F(PerformanceMonitorTest, HasNoLatencyWithoutCommands) {
  PerformanceMonitor monitor(metrics_);
  clock_.advance(1s);
  const PerformanceSnapshot snapshot = monitor.capture_snapshot();
  EXPECT_TRUE(std::isnan(snapshot.avg_latency_ms));
  EXPECT_TRUE(std::isnan(snapshot.p99_latency_ms));
  EXPECT_TRUE(std::isnan(snapshot.projection_lag_seconds));
  EXPECT_EQ(snapshot.error_rate, 0);
}

TEST_F(PerformanceMonitorTest, RemembersTheLatestSnapshotsOnly) {
  PerformanceMonitor monitor(metrics_, {.max_snapshots = 5, .max_minutes = 2});
  EXPECT_FALSE(monitor.latest());
  for (int i = 1; i <= 200; ++i) {
    commands(i);
    clock_.advance(1s);
    monitor.tick();
  }
  const auto snapshots = monitor.snapshots();
  ASSERT_THAT(snapshots, SizeIs(5));
  EXPECT_EQ(snapshots.front().commands_per_second, 196);
  EXPECT_EQ(snapshots.back().commands_per_second, 200);
  EXPECT_EQ(monitor.latest()->commands_per_second, 200);
  const auto minutes = monitor.minute_snapshots();
  ASSERT_THAT(minutes, SizeIs(2));
  EXPECT_EQ(minutes.back().window, 60s);
  EXPECT_EQ(minutes.back().commands_per_second, 150.5) << "121 to 180";
}

TEST_F(PerformanceMonitorTest, FindsTrends) {
  PerformanceMonitor monitor(metrics_);
  EXPECT_EQ(monitor.get_trend_analysis(5).latency_trend, Trend::InsufficientData);
  EXPECT_THAT(monitor.get_trend_analysis(5).summary, HasSubstr("too few snapshots"));
  metrics_->update_memory_usage(100e6);
  for (int i = 0; i < 300; ++i) {
    commands(100 + i % 3, i < 200 ? 4ms : 6ms, i < 200 ? 0 : 10);
    clock_.advance(1s);
    monitor.tick();
  }
  const TrendAnalysis trends = monitor.get_trend_analysis(5);
  EXPECT_EQ(trends.throughput_trend, Trend::Stable);
  EXPECT_EQ(trends.latency_trend, Trend::Increasing);
  EXPECT_EQ(trends.error_rate_trend, Trend::Increasing);
  EXPECT_EQ(trends.memory_trend, Trend::Stable);
  EXPECT_NEAR(trends.latency.change, 0.5, 0.02);
  ASSERT_TRUE(trends.latency.since);
  const Timestamp shifted{std::chrono::seconds{1'704'067'200 + 201}};
  EXPECT_LE(std::chrono::abs(*trends.latency.since - shifted), 2s);
  EXPECT_THAT(trends.summary, HasSubstr("p95 latency rose "));
  EXPECT_THAT(trends.summary, HasSubstr(" over 5 min, since 00:03 UTC"));
  EXPECT_THAT(trends.summary, HasSubstr("error rate rose from 0 to 0.1"));
  EXPECT_EQ(monitor.latest_analysis().latency_trend, Trend::Increasing);
  EXPECT_EQ(monitor.get_trend_analysis(1).latency_trend, Trend::Stable) << "nothing new";
  EXPECT_THAT(monitor.get_trend_analysis(1).summary, HasSubstr("stable over "));
}

TEST_F(PerformanceMonitorTest, NamesTheStreamThatIsFoughtOver) {
  PerformanceMonitor monitor(metrics_);
  const Conflict conflict;
  const ConflictRecord lost[] = {{"product-22423", &conflict}};
  const StreamTouch streams[] = {
      {.stream = "product-22423", .version_read = {}, .events_written = 1}};
  CommandRecord record;
  record.command_type = "order";
  record.streams = streams;
  for (int i = 0; i < 300; ++i) {
    const bool fights = i >= 200;
    record.duration = fights ? 6ms : 4ms;
    record.attempts = fights ? 2 : 1;
    record.conflicts =
        fights ? std::span<const ConflictRecord>(lost) : std::span<const ConflictRecord>();
    for (int k = 0; k < 10; ++k) metrics_->command_finished(record);
    metrics_->group_committed(
        {.commands = 10, .rejected = fights ? 10U : 0U, .commit = 1ms, .head = {}});
    clock_.advance(1s);
    monitor.tick();
  }
  EXPECT_THAT(monitor.get_trend_analysis(5).summary,
              HasSubstr(", together with conflicts on product-22423"));
}

TEST_F(PerformanceMonitorTest, AnswersLongQuestionsFromMinutes) {
  PerformanceMonitor monitor(metrics_, {.max_snapshots = 60, .interval = 10'000ms});
  for (int i = 0; i < 6 * 60; ++i) {  // an hour
    commands(i < 6 * 40 ? 100 : 200);
    clock_.advance(10s);
    monitor.tick();
  }
  const TrendAnalysis trends = monitor.get_trend_analysis(60);
  EXPECT_EQ(trends.throughput_trend, Trend::Increasing);
  EXPECT_EQ(trends.throughput.samples, 60U);
  EXPECT_EQ(monitor.get_trend_analysis(5).throughput_trend, Trend::Stable);
}

TEST_F(PerformanceMonitorTest, TakesNoMoreManualSnapshotsInOnceItTakesItsOwn) {
  PerformanceMonitor monitor(metrics_);
  clock_.advance(1s);
  monitor.tick();
  clock_.advance(500ms);
  EXPECT_EQ(monitor.capture_snapshot().window, 1500ms);
  EXPECT_THAT(monitor.snapshots(), SizeIs(1));
}

TEST(PerformanceMonitor, TakesSnapshotsByItself) {
  const auto metrics = std::make_shared<MetricsService>();
  std::promise<PerformanceSnapshot> taken;
  std::atomic<bool> is_first = true;
  PerformanceMonitorOptions options;
  options.interval = 100ms;
  options.on_snapshot = [&](const PerformanceSnapshot& snapshot) {
    if (is_first.exchange(false)) taken.set_value(snapshot);
  };
  PerformanceMonitor monitor(metrics, options);
  for (int i = 0; i < 50; ++i) metrics->record_command_executed("order", 1ms, true);
  monitor.start();
  monitor.start();
  auto future = taken.get_future();
  ASSERT_EQ(future.wait_for(30s), std::future_status::ready);
  const PerformanceSnapshot snapshot = future.get();
  const double seconds = std::chrono::duration<double>(snapshot.window).count();
  EXPECT_GE(snapshot.window, 100ms);
  EXPECT_NEAR(snapshot.commands_per_second * seconds, 50, 1e-6);
  EXPECT_GT(snapshot.memory_usage_mb, 1);
  monitor.stop();
  monitor.stop();
  const std::size_t count = monitor.snapshots().size();
  EXPECT_GE(count, 1U);
}

TEST(Quantile, LiesInTheBucketOfItsSample) {
  detail::Distribution before;
  detail::Distribution after;
  EXPECT_TRUE(std::isnan(detail::quantile(before, after, 0.5)));
  after.buckets[8] = 10;  // 2^(7/8) to 2
  const double middle = detail::quantile(before, after, 0.5);
  EXPECT_GT(middle, std::exp2(7.0 / 8));
  EXPECT_LE(middle, 2);
  EXPECT_DOUBLE_EQ(detail::quantile(before, after, 1), 2);
  before = after;
  EXPECT_TRUE(std::isnan(detail::quantile(before, after, 0.5))) << "nothing was added";
  after.buckets[16] = 1;
  EXPECT_DOUBLE_EQ(detail::quantile(before, after, 0.5), 4);
}

}  // namespace
}  // namespace eventcore::monitor
