#include "eventcore/observability/metrics_delta.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cmath>
#include <string>

#include "eventcore/observability/catalogue.hpp"
#include "eventcore/observability/metrics_service.hpp"

namespace eventcore::observability {
namespace {

constexpr double kBounds[] = {1, 10};
constexpr LabelDescription kByName[] = {{"name"}};
constexpr MetricDescription kNamed{.name = "named_total", .labels = kByName, .help = "Named."};
constexpr MetricDescription kLevel{.name = "level", .kind = MetricKind::Gauge, .help = "Level."};
constexpr MetricDescription kSize{
    .name = "size", .kind = MetricKind::Histogram, .buckets = kBounds, .help = "Sizes."};

TEST(MetricsDelta, TellsWhatChangedSinceItWasMade) {
  MetricRegistry registry;
  const auto named = registry.add<DynamicFamily<Counter, 1>>(kNamed).value();
  const auto level = registry.add<Gauge>(kLevel).value();
  const auto size = registry.add<Histogram>(kSize).value();
  named.with("a").add(5);
  level.set(7);
  size.record(3);
  const MetricsDelta delta(registry);
  EXPECT_EQ(delta.of("named_total", {{"name", "a"}}), 0);
  named.with("a").add(2);
  named.with("b").increment();
  level.set(4);
  size.record(2.5);
  EXPECT_EQ(delta.of("named_total", {{"name", "a"}}), 2);
  EXPECT_EQ(delta.of("named_total", {{"name", "b"}}), 1);
  EXPECT_EQ(delta.of("level"), -3);
  EXPECT_EQ(delta.of("size"), 1);
  EXPECT_EQ(delta.sum_of("size"), 2.5);
  EXPECT_TRUE(std::isnan(delta.of("named_total", {{"name", "c"}})));
}

TEST(MetricsStats, AddsUpWhatAServiceHasCounted) {
  MetricsService service;
  service.record_command_executed("a", std::chrono::milliseconds(1), true);
  service.record_command_executed("b", std::chrono::milliseconds(1), false);
  CommandRecord refused;
  refused.command_type = "a";
  refused.outcome = CommandOutcome::Rejected;
  refused.attempts = 3;
  service.command_finished(refused);
  service.record_events_written(StreamId::literal("order-1"), 4);
  service.group_committed({.commands = 1, .rejected = 2, .bytes = 100, .head = {9}});
  const MetricsStats stats = service.stats();
  EXPECT_EQ(stats.commands, 3U);
  EXPECT_EQ(stats.errors, 1U);
  EXPECT_EQ(stats.rejections, 1U);
  EXPECT_EQ(stats.retries, 2U);
  EXPECT_EQ(stats.conflicts, 2U);
  EXPECT_EQ(stats.events_written, 4U);
  EXPECT_EQ(stats.bytes_written, 100U);
}

// What an attacker may put into a label has a bound: in series, in memory, and it is told.
TEST(MetricsGuard, BoundsAMillionLabelValues) {
  constexpr int kValues = 1'000'000;
  MetricRegistry registry;
  const auto named = registry.add<DynamicFamily<Counter, 1>>(kNamed).value();
  for (std::size_t i = 0; i < kLabelValuesMax; ++i) named.with(std::to_string(i)).increment();
  const std::size_t before = mallinfo2().uordblks;
  for (int i = kLabelValuesMax; i < kValues; ++i) named.with(std::to_string(i)).increment();
  const std::size_t after = mallinfo2().uordblks;
  EXPECT_LT(after, before + 64 * 1024);
  const MetricsSnapshot snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.find("named_total")->series.size(), kLabelValuesMax + 1);
  constexpr double kOverflowed = kValues - static_cast<int>(kLabelValuesMax);
  EXPECT_EQ(snapshot.value("named_total", {{"name", kOverflowValue}}), kOverflowed);
  EXPECT_EQ(snapshot.value(catalogue::kMetricsLabelOverflowTotal.name, {{"family", "named_total"}}),
            kOverflowed);
}

}  // namespace
}  // namespace eventcore::observability
