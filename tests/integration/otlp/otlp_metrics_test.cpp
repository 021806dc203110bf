// What decoders that are not ours make of metrics.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../unit/observability/made_snapshot.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/otlp/otlp_grpc.hpp"
#include "eventcore/otlp/otlp_metrics_exporter.hpp"
#include "otlp_receiver.hpp"

namespace eventcore {
namespace {

using nlohmann::json;
using observability::MetricsSnapshot;
using testing::attributes_of;
using testing::OtlpReceiver;

Deadline patience() { return Deadline::after(std::chrono::seconds(30)); }

/// What `receiver` has of metrics, by name.
std::map<std::string, json> metrics_of(const OtlpReceiver& receiver) {
  std::map<std::string, json> metrics;
  for (const auto& one : receiver.received()) {
    if (one["signal"] != "metrics") continue;
    for (const auto& resource : one["body"]["resourceMetrics"]) {
      for (const auto& scope : resource["scopeMetrics"]) {
        for (const auto& metric : scope["metrics"]) metrics[metric["name"]] = metric;
      }
    }
  }
  return metrics;
}

/// Sends `snapshot` and returns what has come.
std::map<std::string, json> sent(const MetricsSnapshot& snapshot, OtlpProtocol protocol) {
  const OtlpReceiver receiver;
  const bool is_grpc = protocol == OtlpProtocol::Grpc;
  auto exporter =
      OtlpMetricsExporter::open({.endpoint = is_grpc ? receiver.grpc_url() : receiver.http_url(),
                                 .protocol = protocol,
                                 .grpc = &make_otlp_grpc_transport},
                                [&] { return snapshot; });
  EXPECT_TRUE(exporter);
  EXPECT_TRUE((*exporter)->flush(patience()).complete());
  return metrics_of(receiver);
}

class OtlpMetricsTest : public ::testing::TestWithParam<OtlpProtocol> {};
INSTANTIATE_TEST_SUITE_P(Protocols, OtlpMetricsTest,
                         ::testing::Values(OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc),
                         [](const auto& one) {
                           return one.param == OtlpProtocol::Grpc ? "Grpc" : "Http";
                         });

TEST_P(OtlpMetricsTest, ArrivesWithEverything) {
  const auto metrics = sent(observability::made_snapshot(), GetParam());
  ASSERT_EQ(metrics.size(), 4);

  const json& orders = metrics.at("orders_total");
  EXPECT_EQ(orders["description"], "Orders of a \"color\".");
  EXPECT_EQ(orders["sum"]["aggregationTemporality"], 2);
  EXPECT_EQ(orders["sum"]["isMonotonic"], true);
  const json& green = orders["sum"]["dataPoints"][0];
  EXPECT_EQ(green["asDouble"], 12'345'678'901.0);
  EXPECT_EQ(green["startTimeUnixNano"], "1700000000250000000");
  EXPECT_GT(green["timeUnixNano"].get<std::string>(), "1700000000250000000");
  EXPECT_EQ(attributes_of(green)["color"]["stringValue"], "green");

  const json& size = metrics.at("size_bytes");
  EXPECT_EQ(size["unit"], "By");
  EXPECT_EQ(size["gauge"]["dataPoints"][0]["asDouble"], -1.5);
  EXPECT_EQ(metrics.at("build_info")["gauge"]["dataPoints"][0]["asDouble"], 1);

  const json& wait = metrics.at("wait_seconds");
  EXPECT_EQ(wait["unit"], "s");
  EXPECT_EQ(wait["exponentialHistogram"]["aggregationTemporality"], 2);
  const json& point = wait["exponentialHistogram"]["dataPoints"][0];
  EXPECT_EQ(point["count"], "4");
  EXPECT_EQ(point["sum"], 9.25);
  EXPECT_EQ(point["scale"], 3);
  EXPECT_EQ(point["zeroCount"], "1");
  EXPECT_EQ(point["zeroThreshold"], 1e-9);
  // Buckets up to 2^(-4/8) and 2^(-3/8): from 2^(-5/8) on.
  EXPECT_EQ(point["positive"]["offset"], -5);
  EXPECT_EQ(point["positive"]["bucketCounts"], (json{"2", "1"}));
  ASSERT_EQ(point["exemplars"].size(), 1);
  EXPECT_EQ(point["exemplars"][0]["asDouble"], 2.25);
  EXPECT_EQ(point["exemplars"][0]["traceId"], "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(point["exemplars"][0]["spanId"], "00f067aa0ba902b7");
}

TEST_P(OtlpMetricsTest, ShowsClassicBucketsWithoutNativeOnes) {
  MetricsSnapshot snapshot = observability::made_snapshot();
  observability::HistogramValue waits{{1, 0, 2, 1}, 9.25, std::nullopt, {}};
  snapshot.families[3] = observability::made_family(
      observability::kWait, {observability::made_histogram(observability::kWait, {"red"}, waits)});
  const auto metrics = sent(snapshot, GetParam());
  const json& point = metrics.at("wait_seconds")["histogram"]["dataPoints"][0];
  EXPECT_EQ(point["count"], "4");
  EXPECT_EQ(point["bucketCounts"], (json{"1", "0", "2", "1"}));
  EXPECT_EQ(point["explicitBounds"], (json{0.005, 1, 2.5}));
  EXPECT_EQ(attributes_of(point)["color"]["stringValue"], "red");
}

TEST_P(OtlpMetricsTest, SendsTheWholeCatalogue) {
  observability::MetricsService service;
  const MetricsSnapshot snapshot = service.registry().snapshot({.native = true});
  const auto metrics = sent(snapshot, GetParam());
  std::size_t families = 0;
  for (const auto& family : snapshot.families) families += family.series.empty() ? 0 : 1;
  EXPECT_EQ(metrics.size(), families);
  EXPECT_GT(families, 10);
}

}  // namespace
}  // namespace eventcore
