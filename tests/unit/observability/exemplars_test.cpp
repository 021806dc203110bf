#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "eventcore/observability/metric_registry.hpp"
#include "eventcore/trace_context.hpp"

namespace eventcore::observability {
namespace {

constexpr double kBounds[] = {0.001, 1, 10};
constexpr MetricDescription kSize{
    .name = "size", .kind = MetricKind::Histogram, .buckets = kBounds, .help = "Sizes."};
constexpr MetricDescription kWait{.name = "wait_seconds",
                                  .kind = MetricKind::Histogram,
                                  .unit = MetricUnit::Seconds,
                                  .buckets = kBounds,
                                  .help = "Waits."};

const TraceContext kSampled =
    TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
const TraceContext kUnsampled =
    TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").value();

TEST(Exemplars, KeepTheSampledTraceOfABucket) {
  MetricRegistry registry;
  const auto size = registry.add<Histogram>(kSize).value();
  const auto wait = registry.add<DurationHistogram>(kWait).value();
  size.record(0.5);
  {
    const TraceScope scope(kUnsampled);
    size.record(0.5);
  }
  EXPECT_TRUE(registry.snapshot().histogram("size").exemplars.empty());
  {
    const TraceScope scope(kSampled);
    size.record(5);
    wait.record(std::chrono::milliseconds(20));
  }
  size.record(100, kSampled);
  const auto seen = registry.snapshot().histogram("size").exemplars;
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].bucket, 2U);
  EXPECT_EQ(seen[0].exemplar.value, 5);
  EXPECT_EQ(seen[0].exemplar.trace, kSampled);
  EXPECT_GT(seen[0].exemplar.at, Timestamp{});
  EXPECT_EQ(seen[1].bucket, 3U);
  const auto waited = registry.snapshot().histogram("wait_seconds").exemplars;
  ASSERT_EQ(waited.size(), 1U);
  EXPECT_DOUBLE_EQ(waited[0].exemplar.value, 0.02);
}

TEST(Exemplars, AreWholeUnderLoad) {
  MetricRegistry registry;
  const auto size = registry.add<Histogram>(kSize).value();
  const auto write = [&](std::uint8_t id) {
    TraceContext trace;
    trace.trace_id.fill(id);
    trace.span_id.fill(id);
    trace.flags = 1;
    for (int i = 0; i < 20'000; ++i) size.record(id, trace);
  };
  std::thread first(write, std::uint8_t{5});
  std::thread second(write, std::uint8_t{7});
  for (int i = 0; i < 200; ++i) {
    for (const BucketExemplar& one : registry.snapshot().histogram("size").exemplars) {
      EXPECT_EQ(one.exemplar.trace.trace_id[0], one.exemplar.value);
      EXPECT_EQ(one.exemplar.trace.span_id[7], one.exemplar.value);
    }
  }
  first.join();
  second.join();
}

TEST(NativeHistogram, CountsWhatTheClassicOneCounts) {
  MetricRegistry registry;
  const auto size = registry.add<Histogram>(kSize).value();
  for (const double value : {0.0, -1.0, 1e-9, 0.9, 1.0, 1.05, 3.0, 3.0, 1e12}) size.record(value);
  const HistogramValue value =
      MetricsSnapshot(registry.snapshot({.native = true})).histogram("size");
  ASSERT_TRUE(value.native.has_value());
  EXPECT_EQ(value.native->schema, 3);
  EXPECT_EQ(value.native->zero_count, 3U);
  std::uint64_t total = value.native->zero_count;
  for (const auto& bucket : value.native->buckets) total += bucket.count;
  EXPECT_EQ(total, value.count());
  const NativeHistogram::Bucket at_one{0, 1};
  const NativeHistogram::Bucket above_one{1, 1};
  EXPECT_THAT(value.native->buckets, ::testing::IsSupersetOf({at_one, above_one}));
  EXPECT_FALSE(registry.snapshot().histogram("size").native.has_value());
}

TEST(NativeHistogram, IsLeftOutOnRequest) {
  MetricDescription description = kSize;
  description.native = false;
  MetricRegistry registry;
  registry.add<Histogram>(description).value().record(5);
  const HistogramValue value = registry.snapshot({.native = true}).histogram("size");
  EXPECT_EQ(value.count(), 1U);
  EXPECT_FALSE(value.native.has_value());
}

}  // namespace
}  // namespace eventcore::observability
