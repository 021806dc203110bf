#include "eventcore/otlp/telemetry_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "eventcore/observability/prometheus_text.hpp"
#include "eventcore/otlp/init_tracing.hpp"
#include "eventcore/tracing/span.hpp"
#include "fake_collector.hpp"

namespace eventcore::observability {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Deadline patience() { return Deadline::after(std::chrono::seconds(30)); }

TEST(TelemetryMetrics, ShowWhatTracingAndItsExporterHaveDone) {
  const eventcore::testing::FakeCollector collector;
  ASSERT_TRUE(init_tracing("shop", collector.url()));
  { const Span span("seen"); }
  ASSERT_TRUE(flush_tracing(patience()).is_complete);
  MetricRegistry registry;
  auto shown = show_telemetry(registry);
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_FALSE(show_telemetry(registry)) << "they are there already";
  const std::string page = prometheus_text(registry.snapshot());
  EXPECT_THAT(page, AllOf(HasSubstr("\neventcore_spans_delivered_total 1\n"),
                          HasSubstr("\neventcore_spans_dropped_total{reason=\"full\"} 0\n"),
                          HasSubstr("\neventcore_otlp_exported_total{signal=\"traces\"} 1\n"),
                          HasSubstr("\neventcore_otlp_queue_limit{signal=\"traces\"} 16384\n"),
                          HasSubstr("\neventcore_otlp_reachable{signal=\"traces\"} 1\n")));
  EXPECT_THAT(page, Not(HasSubstr("signal=\"logs\"")));

  static_cast<void>(shutdown_tracing(patience()));
  const std::string off = prometheus_text(registry.snapshot());
  EXPECT_THAT(off, Not(HasSubstr("\neventcore_spans_")));
  EXPECT_THAT(off, Not(HasSubstr("\neventcore_otlp_")));
}

TEST(TelemetryMetrics, ShowOtherExporters) {
  MetricRegistry registry;
  OtlpStats stats{.taken = 12, .exported = 4, .dropped_full = 5, .dropped_refused = 1, .queued = 2};
  stats.reachable = false;
  const auto shown = show_telemetry(registry, {{OtlpSignal::Logs, [&] { return stats; }}});
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_THAT(
      prometheus_text(registry.snapshot()),
      AllOf(HasSubstr("\neventcore_otlp_taken_total{signal=\"logs\"} 12\n"),
            HasSubstr("\neventcore_otlp_dropped_total{signal=\"logs\",reason=\"full\"} 5\n"),
            HasSubstr("\neventcore_otlp_dropped_total{signal=\"logs\",reason=\"refused\"} 1\n"),
            HasSubstr("\neventcore_otlp_queue_length{signal=\"logs\"} 2\n"),
            HasSubstr("\neventcore_otlp_reachable{signal=\"logs\"} 0\n")));
}

}  // namespace
}  // namespace eventcore::observability
