#include "eventcore/observability/metric_registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "eventcore/testing/manual_clock.hpp"
#include "labelled_metrics.hpp"

namespace eventcore::observability {

namespace {

using ::testing::HasSubstr;

constexpr MetricDescription kSignups{.name = "shop_signups_total", .help = "Sign-ups."};
constexpr MetricDescription kStock{
    .name = "shop_stock", .kind = MetricKind::Gauge, .help = "Stock."};
constexpr double kBounds[] = {1, 10, 100};
constexpr MetricDescription kValue{.name = "shop_value",
                                   .kind = MetricKind::Histogram,
                                   .buckets = kBounds,
                                   .help = "Value of an order."};

TEST(MetricRegistry, CountsThroughHandles) {
  MetricRegistry registry;
  const Counter signups = registry.add<Counter>(kSignups).value();
  const Gauge stock = registry.add<Gauge>(kStock).value();
  signups.increment();
  signups.add(41);
  stock.set(2.5);
  stock.add(-1);
  const MetricsSnapshot snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.value("shop_signups_total"), 42);
  EXPECT_EQ(snapshot.value("shop_stock"), 1.5);
  EXPECT_EQ(snapshot.value("shop_unknown"), std::nullopt);
}

TEST(MetricRegistry, CountsAValueAtABoundInThatBucket) {
  MetricRegistry registry;
  const Histogram value = registry.add<Histogram>(kValue).value();
  for (const double v : {-1.0, 1.0, 1.5, 10.0, 100.0, 100.5}) value.record(v);
  value.record(std::numeric_limits<double>::quiet_NaN());
  const HistogramValue seen = registry.snapshot().histogram("shop_value");
  EXPECT_THAT(seen.buckets, ::testing::ElementsAre(2, 2, 1, 1));
  EXPECT_EQ(seen.count(), 6U);
  EXPECT_DOUBLE_EQ(seen.sum, 212);
}

TEST(MetricRegistry, RecordsDurationsInSecondsExactlyAtBounds) {
  constexpr double bounds[] = {50e-6, 0.005, 0.1};
  const MetricDescription description{.name = "shop_wait_seconds",
                                      .kind = MetricKind::Histogram,
                                      .unit = MetricUnit::Seconds,
                                      .buckets = bounds,
                                      .help = "Waits."};
  MetricRegistry registry;
  const auto wait = registry.add<DurationHistogram>(description).value();
  wait.record(std::chrono::microseconds(50));
  wait.record(std::chrono::milliseconds(5));
  wait.record(std::chrono::nanoseconds(5'000'001));
  wait.record(std::chrono::milliseconds(100));
  wait.record(std::chrono::seconds(-1));
  EXPECT_THAT(registry.snapshot().histogram("shop_wait_seconds").buckets,
              ::testing::ElementsAre(2, 1, 2, 0));
  EXPECT_DOUBLE_EQ(registry.snapshot().histogram("shop_wait_seconds").sum, 0.110050001);
  EXPECT_FALSE(registry.add<Histogram>(description));
}

TEST(MetricRegistry, TotalsDurationsInSeconds) {
  constexpr MetricDescription busy{
      .name = "shop_busy_seconds_total", .unit = MetricUnit::Seconds, .help = "Busy time."};
  MetricRegistry registry;
  const auto total = registry.add<DurationCounter>(busy).value();
  for (int i = 0; i < 3; ++i) total.add(std::chrono::milliseconds(500));
  total.add(std::chrono::seconds(-1));
  EXPECT_EQ(registry.snapshot().value("shop_busy_seconds_total"), 1.5);
  EXPECT_FALSE(registry.add<Counter>(busy));
  EXPECT_FALSE(registry.add<DurationCounter>(kSignups));
}

TEST(ScopedTimer, RecordsItsLifeUnlessCancelled) {
  constexpr double bounds[] = {1};
  MetricRegistry registry;
  eventcore::testing::ManualClock clock;
  const auto wait = registry
                        .add<DurationHistogram>({.name = "shop_wait_seconds",
                                                 .kind = MetricKind::Histogram,
                                                 .unit = MetricUnit::Seconds,
                                                 .buckets = bounds,
                                                 .help = "Waits."})
                        .value();
  {
    const ScopedTimer timer(wait, clock);
    ScopedTimer cancelled(wait, clock);
    cancelled.cancel();
    clock.advance(std::chrono::milliseconds(250));
  }
  EXPECT_EQ(registry.snapshot().histogram("shop_wait_seconds").count(), 1U);
  EXPECT_EQ(registry.snapshot().histogram("shop_wait_seconds").sum, 0.25);
}

TEST(MetricRegistry, GivesTheSameMetricForTheSameDescription) {
  MetricRegistry registry;
  registry.add<Counter>(kSignups).value().increment();
  registry.add<Counter>(kSignups).value().increment();
  EXPECT_EQ(registry.snapshot().value("shop_signups_total"), 2);
}

TEST(MetricRegistry, NamesBothWhenANameIsTaken) {
  MetricRegistry registry;
  ASSERT_TRUE(registry.add<Counter>(kSignups));
  MetricDescription other = kSignups;
  other.help = "People.";
  const auto refused = registry.add<Counter>(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("counter shop_signups_total{} \"Sign-ups.\""));
  EXPECT_THAT(refused.error().message, HasSubstr("counter shop_signups_total{} \"People.\""));
  const std::string file = "metric_registry_test.cpp:";
  const std::size_t first = refused.error().message.find(file);
  ASSERT_NE(first, std::string::npos);
  EXPECT_NE(refused.error().message.find(file, first + 1), std::string::npos);
}

TEST(MetricRegistry, KeepsItsOwnNamesToItself) {
  MetricRegistry registry;
  EXPECT_FALSE(registry.add<Gauge>(
      {.name = "eventcore_metrics_series", .kind = MetricKind::Gauge, .help = "Mine."}));
}

TEST(MetricRegistry, RefusesAHandleThatDiffersFromItsDescription) {
  MetricRegistry registry;
  EXPECT_FALSE(registry.add<Gauge>(kSignups));
  EXPECT_FALSE(registry.add<Counter>(kShirts));
  EXPECT_FALSE((registry.add<Family<Counter, Size, Color>>(kShirts)));
  EXPECT_FALSE((registry.add<DynamicFamily<Counter, 3>>(kRequests)));
  EXPECT_FALSE((registry.add<DynamicFamily<Counter, 1>>(kRequests)));
  EXPECT_TRUE((registry.add<Family<Counter, Color, Size>>(kShirts)));
}

std::string refusal(const MetricDescription& description) {
  MetricRegistry registry;
  const auto registration = registry.observe(description, [](Observations&) {});
  return registration ? "" : registration.error().message;
}

TEST(MetricRegistry, ChecksNames) {
  const auto named = [](std::string_view name, MetricKind kind = MetricKind::Gauge) {
    return refusal({.name = name, .kind = kind, .help = "Help."});
  };
  EXPECT_EQ(named("a_B9"), "");
  EXPECT_EQ(named("things_total", MetricKind::Counter), "");
  EXPECT_THAT(named(""), HasSubstr("has to match"));
  EXPECT_THAT(named("9a"), HasSubstr("has to match"));
  EXPECT_THAT(named("a-b"), HasSubstr("has to match"));
  EXPECT_THAT(named("a:b"), HasSubstr("has to match"));
  EXPECT_THAT(named("grün"), HasSubstr("has to match"));
  EXPECT_THAT(named("things_total"), HasSubstr("end in _total"));
  EXPECT_THAT(named("things", MetricKind::Counter), HasSubstr("end in _total"));
  EXPECT_THAT(named("things_sum"), HasSubstr("belong to histograms"));
  EXPECT_THAT(named("_total", MetricKind::Counter), HasSubstr("no name"));
  EXPECT_EQ(named("things_info", MetricKind::Info), "");
  EXPECT_EQ(named("things_info"), "");
  EXPECT_THAT(named("things", MetricKind::Info), HasSubstr("ends in _info"));
  EXPECT_THAT(named("_info", MetricKind::Info), HasSubstr("no name"));
  EXPECT_THAT(named("things_total", MetricKind::Info), HasSubstr("end in _total"));
  EXPECT_THAT(refusal({.name = "a", .kind = MetricKind::Gauge, .help = ""}),
              HasSubstr("help is missing"));
  EXPECT_THAT(refusal({.name = "a", .kind = MetricKind::Gauge, .help = "\xff"}),
              HasSubstr("UTF-8"));
  EXPECT_THAT(refusal({.name = "a_ms",
                       .kind = MetricKind::Gauge,
                       .unit = MetricUnit::Seconds,
                       .help = "Help."}),
              HasSubstr("in seconds"));
  EXPECT_THAT(refusal({.name = "a_total", .unit = MetricUnit::Bytes, .help = "Help."}),
              HasSubstr("in bytes"));
  EXPECT_EQ(refusal({.name = "a_bytes_total", .unit = MetricUnit::Bytes, .help = "Help."}), "");
  EXPECT_THAT(refusal({.name = "a_bytes_info",
                       .kind = MetricKind::Info,
                       .unit = MetricUnit::Bytes,
                       .help = "Help."}),
              ::testing::Not(""));
}

TEST(MetricRegistry, ChecksLabels) {
  const auto labelled = [](std::vector<LabelDescription> labels) {
    return refusal({.name = "a", .kind = MetricKind::Gauge, .labels = labels, .help = "Help."});
  };
  EXPECT_EQ(labelled({{"a"}, {"_b9"}}), "");
  EXPECT_THAT(labelled({{"a-b"}}), HasSubstr("label names"));
  EXPECT_THAT(labelled({{""}}), HasSubstr("label names"));
  EXPECT_THAT(labelled({{"__a"}}), HasSubstr("reserved"));
  EXPECT_THAT(labelled({{"le"}}), HasSubstr("reserved"));
  EXPECT_THAT(labelled({{"a"}, {"b"}, {"a"}}), HasSubstr("twice"));
  EXPECT_THAT(labelled({label_of<Color>, {"a"}}), HasSubstr("before fixed"));
  EXPECT_THAT(labelled({{"a", {}, 0}}), HasSubstr("values_max"));
}

TEST(MetricRegistry, ChecksBuckets) {
  MetricRegistry registry;
  const auto with = [&](std::vector<double> buckets) {
    const auto added = registry.add<Histogram>(
        {.name = "a", .kind = MetricKind::Histogram, .buckets = buckets, .help = "Help."});
    return added ? "" : added.error().message;
  };
  EXPECT_THAT(with({}), HasSubstr("needs buckets"));
  EXPECT_THAT(with({1, 1}), HasSubstr("ascend"));
  EXPECT_THAT(with({2, 1}), HasSubstr("ascend"));
  EXPECT_THAT(with({1, std::numeric_limits<double>::infinity()}), HasSubstr("finite"));
  EXPECT_THAT(with({std::nan("")}), HasSubstr("finite"));
  std::vector<double> many(kHistogramBoundsMax + 1);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  EXPECT_THAT(with(many), HasSubstr("at most 64"));
  many.pop_back();
  EXPECT_EQ(with(many), "");
  EXPECT_THAT(refusal({.name = "b", .kind = MetricKind::Gauge, .buckets = kBounds, .help = "H."}),
              HasSubstr("only histograms"));
}

TEST(Observer, ReportsForEachSnapshotUntilItGoes) {
  constexpr static LabelDescription labels[] = {{"disk"}};
  MetricRegistry registry;
  int calls = 0;
  auto observer = registry.observe({.name = "disk_bytes",
                                    .kind = MetricKind::Gauge,
                                    .unit = MetricUnit::Bytes,
                                    .labels = labels,
                                    .help = "Disks."},
                                   [&](Observations& out) {
                                     ++calls;
                                     out.report(2, {"b"});
                                     out.report(1, {"a"});
                                     out.report(3, {"b"});
                                   });
  ASSERT_TRUE(observer);
  {
    const MetricsSnapshot snapshot = registry.snapshot();
    ASSERT_EQ(snapshot.find("disk_bytes")->series.size(), 2U);
    EXPECT_EQ(snapshot.value("disk_bytes", {{"disk", "a"}}), 1);
    EXPECT_EQ(snapshot.value("disk_bytes", {{"disk", "b"}}), 3);
  }
  { const ObserverRegistration ended = *std::move(observer); }
  EXPECT_EQ(registry.snapshot().find("disk_bytes"), nullptr);
  EXPECT_EQ(calls, 1);
}

TEST(Observer, ThatThrowsIsLeftOut) {
  MetricRegistry registry;
  const auto observer = registry.observe(kStock, [](Observations& out) {
    out.report(1);
    throw std::runtime_error("no");
  });
  EXPECT_TRUE(registry.snapshot().find("shop_stock")->series.empty());
  EXPECT_FALSE(registry.observe(kStock, [](Observations&) {}));
}

TEST(MetricRegistry, LosesNoUpdateOfConcurrentThreads) {
  constexpr int kThreads = 4;
  constexpr int kUpdates = 5'000;
  MetricRegistry registry;
  const Counter signups = registry.add<Counter>(kSignups).value();
  const Histogram value = registry.add<Histogram>(kValue).value();
  const auto requests = registry.add<DynamicFamily<Counter, 2>>(kRequests).value();
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kUpdates; ++i) {
        signups.increment();
        value.record(2.0);
        requests.bind("GET", std::to_string(i % 3 + t))->increment();
        requests.with("PUT", "/").increment();
        if (i % 500 != 0) continue;
        EXPECT_LE(registry.snapshot().value("shop_signups_total").value(), kThreads * kUpdates);
      }
    });
  }
  threads.clear();
  const MetricsSnapshot snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.value("shop_signups_total"), kThreads * kUpdates);
  EXPECT_EQ(snapshot.histogram("shop_value").count(), std::uint64_t{kThreads} * kUpdates);
  EXPECT_DOUBLE_EQ(snapshot.histogram("shop_value").sum, 2.0 * kThreads * kUpdates);
  EXPECT_EQ(snapshot.value("shop_requests_total", {{"method", "PUT"}, {"endpoint", "/"}}),
            kThreads * kUpdates);
  EXPECT_EQ(snapshot.find("shop_requests_total")->series.size(), 1U);
}

}  // namespace
}  // namespace eventcore::observability
