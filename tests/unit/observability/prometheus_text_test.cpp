#include "eventcore/observability/prometheus_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "eventcore/observability/metric_registry.hpp"
#include "made_snapshot.hpp"

namespace eventcore::observability {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The page without the registry's own two families.
std::string page(const MetricRegistry& registry) {
  MetricsSnapshot snapshot = registry.snapshot();
  std::erase_if(snapshot.families, [](const FamilySnapshot& family) {
    return family.description->name.starts_with("eventcore_");
  });
  return prometheus_text(snapshot);
}

TEST(PrometheusText, WritesFamiliesAndSeriesInOrder) {
  constexpr static LabelDescription labels[] = {{"pool"}};
  constexpr static double bounds[] = {0.005, 1, 2.5};
  MetricRegistry registry;
  const auto size =
      registry
          .add<DynamicFamily<Gauge, 1>>(
              {.name = "pool_size", .kind = MetricKind::Gauge, .labels = labels, .help = "Pools."})
          .value();
  size.with("b").set(2);
  size.with("a").set(-1.5);
  const Counter orders = registry.add<Counter>({.name = "orders_total", .help = "Orders."}).value();
  orders.add(12'345'678'901);
  const DurationHistogram wait = registry
                                     .add<DurationHistogram>({.name = "wait_seconds",
                                                              .kind = MetricKind::Histogram,
                                                              .unit = MetricUnit::Seconds,
                                                              .buckets = bounds,
                                                              .help = "Waits."})
                                     .value();
  wait.record(std::chrono::seconds(0));
  wait.record(std::chrono::seconds(2));
  wait.record(std::chrono::milliseconds(7'250));
  EXPECT_EQ(page(registry),
            "# HELP orders_total Orders.\n"
            "# TYPE orders_total counter\n"
            "orders_total 12345678901\n"
            "# HELP pool_size Pools.\n"
            "# TYPE pool_size gauge\n"
            "pool_size{pool=\"a\"} -1.5\n"
            "pool_size{pool=\"b\"} 2\n"
            "# HELP wait_seconds Waits.\n"
            "# TYPE wait_seconds histogram\n"
            "wait_seconds_bucket{le=\"0.005\"} 1\n"
            "wait_seconds_bucket{le=\"1\"} 1\n"
            "wait_seconds_bucket{le=\"2.5\"} 2\n"
            "wait_seconds_bucket{le=\"+Inf\"} 3\n"
            "wait_seconds_sum 9.25\n"
            "wait_seconds_count 3\n");
}

TEST(PrometheusText, EscapesHelpAndLabelValues) {
  constexpr static LabelDescription labels[] = {{"path"}};
  MetricRegistry registry;
  const auto files =
      registry
          .add<DynamicFamily<Counter, 1>>(
              {.name = "files_total", .labels = labels, .help = "A \\ \"quoted\"\nhelp."})
          .value();
  files.with("C:\\a \"b\"\nc").increment();
  EXPECT_EQ(page(registry),
            "# HELP files_total A \\\\ \"quoted\"\\nhelp.\n"
            "# TYPE files_total counter\n"
            "files_total{path=\"C:\\\\a \\\"b\\\"\\nc\"} 1\n");
}

TEST(PrometheusText, WritesNumbersThatReadBack) {
  MetricRegistry registry;
  const Gauge gauge =
      registry.add<Gauge>({.name = "g", .kind = MetricKind::Gauge, .help = "G."}).value();
  const auto shown = [&](double value) {
    gauge.set(value);
    const std::string text = page(registry);
    return text.substr(text.rfind(' ') + 1);
  };
  EXPECT_EQ(shown(0.1), "0.1\n");
  EXPECT_EQ(shown(100'000), "100000\n");
  EXPECT_EQ(shown(0), "0\n");
  EXPECT_EQ(shown(0.0001), "0.0001\n");
  EXPECT_EQ(shown(5e-05), "5e-05\n");
  EXPECT_EQ(shown(-1.5), "-1.5\n");
  EXPECT_EQ(shown(9007199254740992.0), "9007199254740992\n");
  EXPECT_EQ(std::stod(shown(1e300)), 1e300);
  EXPECT_EQ(std::stod(shown(1.0 / 3)), 1.0 / 3);
  EXPECT_EQ(shown(std::numeric_limits<double>::infinity()), "+Inf\n");
  EXPECT_EQ(shown(-std::numeric_limits<double>::infinity()), "-Inf\n");
  EXPECT_EQ(shown(std::numeric_limits<double>::quiet_NaN()), "NaN\n");
}

TEST(PrometheusText, LeavesOutFamiliesWithoutSeries) {
  constexpr static LabelDescription labels[] = {{"pool"}};
  MetricRegistry registry;
  ASSERT_TRUE((registry.add<DynamicFamily<Counter, 1>>(
      {.name = "empty_total", .labels = labels, .help = "Empty."})));
  EXPECT_EQ(page(registry), "");
  EXPECT_THAT(prometheus_text(registry.snapshot()), HasSubstr("{family=\"empty_total\"} 0\n"));
}

TEST(PrometheusText, ArrivesInPieces) {
  constexpr static LabelDescription labels[] = {{"n", {}, 1'000}};
  MetricRegistry registry;
  const auto many =
      registry
          .add<DynamicFamily<Counter, 1>>({.name = "many_total", .labels = labels, .help = "Many."})
          .value();
  for (int i = 0; i < 1'000; ++i) many.with(std::to_string(i)).increment();
  std::size_t pieces = 0;
  std::string whole;
  const MetricsSnapshot snapshot = registry.snapshot();
  write_prometheus_text(snapshot, [&](std::string_view piece) {
    ++pieces;
    whole += piece;
  });
  EXPECT_GT(pieces, 1U);
  EXPECT_EQ(whole, prometheus_text(snapshot));
}

TEST(PrometheusText, ShowsInfosAsGaugesAndNoExemplars) {
  const std::string page = prometheus_text(made_snapshot());
  EXPECT_THAT(page, HasSubstr("# TYPE build_info gauge\nbuild_info{color=\"blue\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("_bucket{color=\"red\",le=\"2.5\"} 3\n"));
  EXPECT_THAT(page, Not(HasSubstr("_created")));
  EXPECT_THAT(page, Not(HasSubstr("UNIT")));
}

}  // namespace
}  // namespace eventcore::observability
