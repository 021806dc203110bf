#include "eventcore/observability/openmetrics_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "made_snapshot.hpp"

namespace eventcore::observability {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MetricsSnapshot only(std::vector<FamilySnapshot> families) {
  MetricsSnapshot snapshot;
  snapshot.families = std::move(families);
  return snapshot;
}

TEST(OpenMetricsText, WritesEachKind) {
  EXPECT_EQ(openmetrics_text(made_snapshot()),
            "# HELP build Build.\n"
            "# TYPE build info\n"
            "build_info{color=\"blue\"} 1\n"
            "# HELP orders Orders of a \\\"color\\\".\n"
            "# TYPE orders counter\n"
            "orders_total{color=\"green\"} 12345678901\n"
            "orders_created{color=\"green\"} 1700000000.250\n"
            "orders_total{color=\"red\"} 0\n"
            "orders_created{color=\"red\"} 1700000000.250\n"
            "# HELP size_bytes Size.\n"
            "# TYPE size_bytes gauge\n"
            "# UNIT size_bytes bytes\n"
            "size_bytes -1.5\n"
            "# HELP wait_seconds Waits.\n"
            "# TYPE wait_seconds histogram\n"
            "# UNIT wait_seconds seconds\n"
            "wait_seconds_bucket{color=\"red\",le=\"0.005\"} 1\n"
            "wait_seconds_bucket{color=\"red\",le=\"1.0\"} 1\n"
            "wait_seconds_bucket{color=\"red\",le=\"2.5\"} 3"
            " # {trace_id=\"0123456789abcdef0123456789abcdef\",span_id=\"00f067aa0ba902b7\"}"
            " 2.25 1700000007.250\n"
            "wait_seconds_bucket{color=\"red\",le=\"+Inf\"} 4\n"
            "wait_seconds_sum{color=\"red\"} 9.25\n"
            "wait_seconds_count{color=\"red\"} 4\n"
            "wait_seconds_created{color=\"red\"} 1700000000.250\n"
            "# EOF\n");
}

TEST(OpenMetricsText, EndsEvenWhenThereIsNothing) {
  EXPECT_EQ(openmetrics_text({}), "# EOF\n");
  EXPECT_EQ(openmetrics_text(only({made_family(kOrders, {})})), "# EOF\n");
}

TEST(OpenMetricsText, UnitsOfCountersStandBeforeTheirEnding) {
  static constexpr MetricDescription sent{
      .name = "sent_bytes_total", .unit = MetricUnit::Bytes, .help = "Sent."};
  EXPECT_THAT(openmetrics_text(only({made_family(sent, {made_series(sent, {}, 7)})})),
              HasSubstr("# TYPE sent_bytes counter\n"
                        "# UNIT sent_bytes bytes\n"
                        "sent_bytes_total 7\n"
                        "sent_bytes_created 1700000000.250\n"));
}

TEST(OpenMetricsText, BoundsAreCanonicalNumbers) {
  static constexpr double bounds[] = {0,  1e-10, 1e-5, 1e-4,   0.25,        1,
                                      10, 1e5,   1e6,  123456, 123456789.5, 1e10};
  MetricDescription many = kWait;
  std::vector<double> sorted(std::begin(bounds), std::end(bounds));
  std::sort(sorted.begin(), sorted.end());
  many.buckets = sorted;
  const std::string page = openmetrics_text(only({made_family(
      many, {made_histogram(many, {"red"}, {std::vector<std::uint64_t>(13), 0, {}, {}})})}));
  for (const std::string_view bound :
       {"0.0", "1e-10", "1e-05", "0.0001", "0.25", "1.0", "10.0", "100000.0", "123456.0", "1e+06",
        "1.234567895e+08", "1e+10", "+Inf"}) {
    EXPECT_THAT(page, HasSubstr("le=\"" + std::string(bound) + "\"} 0\n"));
  }
}

TEST(OpenMetricsText, ASumThatIsNoCounterIsLeftOut) {
  for (const double sum : {-0.5, std::numeric_limits<double>::quiet_NaN()}) {
    const std::string page = openmetrics_text(
        only({made_family(kWait, {made_histogram(kWait, {"red"}, {{1, 0, 0, 0}, sum, {}, {}})})}));
    EXPECT_THAT(page, HasSubstr("le=\"+Inf\"} 1\n"));
    EXPECT_THAT(page, Not(HasSubstr("_sum")));
    EXPECT_THAT(page, Not(HasSubstr("_count")));
  }
  static constexpr double below[] = {-1, 1};
  MetricDescription offset = kWait;
  offset.buckets = below;
  EXPECT_THAT(openmetrics_text(only({made_family(
                  offset, {made_histogram(offset, {"red"}, {{0, 0, 1}, 5, {}, {}})})})),
              Not(HasSubstr("_sum")));
}

TEST(OpenMetricsText, NoTwoFamiliesShareAName) {
  static constexpr MetricDescription gauge{
      .name = "orders", .kind = MetricKind::Gauge, .help = "Open orders."};
  static constexpr MetricDescription info{
      .name = "orders_info", .kind = MetricKind::Info, .help = "About orders."};
  const std::string page =
      openmetrics_text(only({made_family(gauge, {made_series(gauge, {}, 3)}),
                             made_family(info, {made_series(info, {}, 1)}),
                             made_family(kOrders, {made_series(kOrders, {"red"}, 5)})}));
  EXPECT_EQ(page,
            "# HELP orders Open orders.\n"
            "# TYPE orders gauge\n"
            "orders 3\n"
            "# HELP orders_info About orders.\n"
            "# TYPE orders_info gauge\n"
            "orders_info 1\n"
            "# HELP orders_total Orders of a \\\"color\\\".\n"
            "# TYPE orders_total unknown\n"
            "orders_total{color=\"red\"} 5\n"
            "# EOF\n");
}

TEST(OpenMetricsText, ExemplarsAndCreationAreOnlyToldWhereKnown) {
  SeriesSnapshot series = made_histogram(kWait, {"red"}, {{1, 0, 0, 0}, 0, {}, {}});
  series.created = {};
  HistogramValue histogram = *series.histogram;
  histogram.exemplars = {{0, {}}};
  series.histogram = std::make_shared<HistogramValue>(histogram);
  const std::string page = openmetrics_text(only({made_family(kWait, {series})}));
  EXPECT_THAT(page, HasSubstr("le=\"0.005\"} 1\n"));
  EXPECT_THAT(page, Not(HasSubstr("_created")));
  histogram.exemplars = {{0, made_exemplar(0.001)}};
  histogram.exemplars[0].exemplar.at = {};
  series.histogram = std::make_shared<HistogramValue>(histogram);
  EXPECT_THAT(openmetrics_text(only({made_family(kWait, {series})})),
              HasSubstr("\"} 0.001\nwait_seconds_bucket"));
}

TEST(OpenMetricsText, ArrivesInPieces) {
  std::vector<SeriesSnapshot> many;
  for (int i = 0; i < 2'000; ++i) many.push_back(made_series(kOrders, {std::to_string(i)}, i));
  const MetricsSnapshot snapshot = only({made_family(kOrders, many)});
  std::size_t pieces = 0;
  std::string whole;
  write_openmetrics_text(snapshot, [&](std::string_view piece) {
    ++pieces;
    whole += piece;
  });
  EXPECT_GT(pieces, 1U);
  EXPECT_EQ(whole, openmetrics_text(snapshot));
}

}  // namespace
}  // namespace eventcore::observability
