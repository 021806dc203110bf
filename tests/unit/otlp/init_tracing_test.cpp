#include "eventcore/otlp/init_tracing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../support/loopback_port.hpp"
#include "eventcore/tracing/span.hpp"
#include "fake_collector.hpp"
#include "made_spans.hpp"

namespace eventcore {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeCollector;
using testing::LoopbackPort;
using testing::names_in;

Deadline patience() { return Deadline::after(seconds(30)); }

class InitTracingTest : public ::testing::Test {
 protected:
  ~InitTracingTest() override { static_cast<void>(shutdown_tracing(patience())); }

  [[nodiscard]] static std::vector<std::string> names(const FakeCollector& collector) {
    std::vector<std::string> all;
    for (const auto& request : collector.requests()) {
      for (std::string& name : names_in(request.body)) all.push_back(std::move(name));
    }
    return all;
  }
};

TEST_F(InitTracingTest, IsAllThatIsNeeded) {
  const FakeCollector collector;
  ASSERT_TRUE(init_tracing("shop", collector.url()));
  EXPECT_TRUE(is_tracing());
  {
    const Span outer("outer");
    const Span inner("inner");
  }
  const TracingFlush flush = flush_tracing(patience());
  EXPECT_TRUE(flush.is_complete);
  EXPECT_EQ(flush.exported, 2);
  EXPECT_THAT(names(collector), ::testing::UnorderedElementsAre("outer", "inner"));
  EXPECT_NE(collector.requests()[0].body.find("shop"), std::string::npos);
  EXPECT_EQ(tracing_stats().otlp.exported, 2);
  EXPECT_EQ(tracing_stats().tracer.delivered, 2);
}

TEST_F(InitTracingTest, DoesNothingWithoutAnEndpoint) {
  ASSERT_TRUE(init_tracing("shop", ""));
  EXPECT_FALSE(is_tracing());
  { const Span span("unseen"); }
  EXPECT_TRUE(flush_tracing(patience()).is_complete);
  EXPECT_EQ(tracing_stats().otlp.taken, 0);
}

TEST_F(InitTracingTest, ASecondCallSendsElsewhere) {
  const FakeCollector first;
  const FakeCollector second;
  ASSERT_TRUE(init_tracing("shop", first.url()));
  { const Span span("to the first"); }
  ASSERT_TRUE(init_tracing("shop", second.url()));
  { const Span span("to the second"); }
  EXPECT_TRUE(flush_tracing(patience()).is_complete);
  EXPECT_THAT(names(first), ::testing::ElementsAre("to the first"));
  EXPECT_THAT(names(second), ::testing::ElementsAre("to the second"));
  ASSERT_TRUE(init_tracing("shop", second.url()));
  { const Span span("again"); }
  EXPECT_TRUE(shutdown_tracing(patience()).is_complete);
  EXPECT_THAT(names(second), ::testing::ElementsAre("to the second", "again"));
}

TEST_F(InitTracingTest, ABadEndpointChangesNothing) {
  const FakeCollector collector;
  ASSERT_TRUE(init_tracing("shop", collector.url()));
  const auto bad = init_tracing("shop", "gopher://x");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::InvalidArgument);
  { const Span span("still here"); }
  EXPECT_TRUE(flush_tracing(patience()).is_complete);
  EXPECT_THAT(names(collector), ::testing::ElementsAre("still here"));
}

TEST_F(InitTracingTest, SaysWhatWasLost) {
  const LoopbackPort port;
  std::vector<std::string> lines;
  std::mutex mutex;
  TracingOptions options;
  options.otlp.endpoint = "http://127.0.0.1:" + std::to_string(port.number());
  options.otlp.report = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(line);
  };
  ASSERT_TRUE(init_tracing(options));
  for (int i = 0; i < 10; ++i) const Span span("lost");
  const TracingFlush flush = flush_tracing(Deadline::after(milliseconds(100)));
  EXPECT_FALSE(flush.is_complete);
  EXPECT_EQ(flush.pending, 10);
  const TracingFlush end = shutdown_tracing(Deadline::after(milliseconds(100)));
  EXPECT_EQ(end.lost, 10);
  EXPECT_EQ(lines.size(), 2);
}

TEST_F(InitTracingTest, SamplesAsItIsTold) {
  const FakeCollector collector;
  TracingOptions options;
  options.otlp.endpoint = collector.url();
  options.sampler = Sampler::always_off();
  ASSERT_TRUE(init_tracing(options));
  { const Span span("not sampled"); }
  EXPECT_TRUE(flush_tracing(patience()).is_complete);
  EXPECT_EQ(collector.requests().size(), 0);
}

}  // namespace
}  // namespace eventcore
