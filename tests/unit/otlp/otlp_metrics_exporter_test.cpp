#include "eventcore/otlp/otlp_metrics_exporter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "../../support/loopback_port.hpp"
#include "eventcore/observability/metric_registry.hpp"
#include "fake_collector.hpp"

namespace eventcore {
namespace {

using observability::Counter;
using observability::MetricDescription;
using observability::MetricRegistry;
using observability::MetricsSnapshot;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeCollector;

constexpr MetricDescription kOrders{.name = "orders_total", .help = "Orders."};
constexpr milliseconds kNever = std::chrono::hours(1);

Deadline patience() { return Deadline::after(seconds(30)); }

class OtlpMetricsExporterTest : public ::testing::Test {
 protected:
  OtlpMetricsExporterTest() { registry_.add<Counter>(kOrders).value().increment(); }

  [[nodiscard]] std::unique_ptr<OtlpMetricsExporter> open(const std::string& endpoint,
                                                          milliseconds interval,
                                                          MetricsSource source = {}) {
    if (!source) source = [this] { return registry_.snapshot(); };
    auto exporter = OtlpMetricsExporter::open({.endpoint = endpoint,
                                               .protocol = OtlpProtocol::HttpProtobuf,
                                               .retry_min = milliseconds(1),
                                               .retry_max = milliseconds(5),
                                               .exit_timeout = milliseconds(0),
                                               .report = [](std::string_view) {}},
                                              std::move(source), interval);
    EXPECT_TRUE(exporter) << exporter.error().message;
    return std::move(exporter).value();
  }

  MetricRegistry registry_;
};

TEST_F(OtlpMetricsExporterTest, SendsAgainAndAgain) {
  const FakeCollector collector;
  const auto exporter = open(collector.url(), milliseconds(1));
  collector.wait_for_requests(3);
  EXPECT_EQ(collector.requests()[0].path, "/v1/metrics");
  EXPECT_THAT(collector.requests()[0].body, ::testing::HasSubstr("orders_total"));
}

TEST_F(OtlpMetricsExporterTest, FlushSendsWhatIsNow) {
  const FakeCollector collector;
  const auto exporter = open(collector.url(), kNever);
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(collector.requests().size(), 1);
  EXPECT_TRUE(exporter->shutdown(patience()).complete());
  EXPECT_EQ(collector.requests().size(), 2);  // the last figures
  EXPECT_TRUE(exporter->shutdown(patience()).complete());
  EXPECT_EQ(collector.requests().size(), 2);
}

TEST_F(OtlpMetricsExporterTest, KeepsLittleWhileTheCollectorIsAway) {
  const testing::LoopbackPort port;
  std::atomic<int> taken = 0;
  const auto exporter =
      open("http://127.0.0.1:" + std::to_string(port.number()), milliseconds(1), [&] {
        ++taken;
        return registry_.snapshot();
      });
  while (exporter->stats().dropped_full < 3) std::this_thread::yield();
  EXPECT_LE(exporter->stats().queued, 2);
  const FakeCollector collector(port.number());
  collector.wait_for_requests(3);
  EXPECT_GE(taken.load(), 5);
}

TEST_F(OtlpMetricsExporterTest, SurvivesASourceThatFails) {
  const FakeCollector collector;
  std::atomic<int> calls = 0;
  const auto exporter = open(collector.url(), milliseconds(1), [&]() -> MetricsSnapshot {
    if (++calls % 2 == 0) throw std::runtime_error("no figures");
    return registry_.snapshot();
  });
  collector.wait_for_requests(3);
}

TEST_F(OtlpMetricsExporterTest, SendsNothingForNothing) {
  const FakeCollector collector;
  const auto exporter = open(collector.url(), kNever, [] { return MetricsSnapshot{}; });
  EXPECT_TRUE(exporter->flush(patience()).complete());
  EXPECT_EQ(collector.requests().size(), 0);
}

}  // namespace
}  // namespace eventcore
