// Traces that were not sampled and are kept all the same.

#include <gtest/gtest.h>

#include <thread>

#include "../executor/bank.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventcore/tracing/span.hpp"
#include "eventcore/tracing/tracing_probe.hpp"
#include "tracer_fixture.hpp"

namespace eventcore {
namespace {

using namespace std::chrono_literals;

class KeepRuleTest : public TracerFixture {
 protected:
  // The tracer looks at the clock until it ends.
  ~KeepRuleTest() override { tracer_.reset(); }
  void install_rule(KeepRule rule = {}) {
    install({.sampler = Sampler::always_off().parent_based(), .keep = rule, .clock = &clock_});
  }
  testing::ManualClock clock_;
};

TEST_F(KeepRuleTest, KeepsATraceWithAnErrorWhole) {
  install_rule();
  {
    Span good("good");
    Span child("good child");
  }
  {
    Span bad("bad");
    { Span child("bad child"); }
    { Span("failed").status(SpanStatus::Error, "no"); }
  }
  ASSERT_EQ(flushed().size(), 3U);
  EXPECT_EQ(spans_->called("bad").size(), 1U);
  EXPECT_EQ(spans_->called("bad child").size(), 1U);
  EXPECT_FALSE(spans_->called("bad").at(0).context.is_sampled());
  EXPECT_EQ(tracer_->stats().not_kept, 2U);
  EXPECT_EQ(tracer_->stats().held, 0U);
}

TEST_F(KeepRuleTest, KeepsASlowTrace) {
  install_rule({.errors = false, .slower_than = 100ms});
  {
    Span slow("slow");
    clock_.advance(100ms);
  }
  {
    Span fast("fast");
    clock_.advance(99ms);
  }
  { Span("failed").status(SpanStatus::Error); }
  ASSERT_EQ(flushed().size(), 1U);
  EXPECT_EQ(spans_->all()[0].name, "slow");
}

TEST_F(KeepRuleTest, HoldsUntilTheLocalRootEnds) {
  install_rule();
  const TraceContext remote =
      *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  {
    Span root("root", {.parent = &remote, .parent_is_remote = true});
    { Span("failed").status(SpanStatus::Error); }
    EXPECT_TRUE(flushed().empty());
    EXPECT_EQ(tracer_->stats().held, 1U);
  }
  EXPECT_EQ(flushed().size(), 2U);
}

TEST_F(KeepRuleTest, FollowsTheDecisionWithLateSpans) {
  install_rule();
  TraceContext context;
  {
    Span root("root");
    context = root.context();
    root.status(SpanStatus::Error);
  }
  EXPECT_EQ(flushed().size(), 1U);
  { Span late("late", {.parent = &context}); }
  EXPECT_EQ(flushed().size(), 2U);
}

TEST_F(KeepRuleTest, HoldsNoMoreThanItMay) {
  install_rule({.held_bytes_max = 4'096});
  TraceContext parent;
  parent.span_id.fill(1);
  for (std::uint8_t i = 1; i <= 100; ++i) {
    parent.trace_id.fill(i);
    Span child("child", {.parent = &parent});
    if (i == 1) child.status(SpanStatus::Error);
  }
  flushed();
  const TracerStats stats = tracer_->stats();
  EXPECT_LT(stats.held, 30U);
  EXPECT_EQ(stats.undecided, 100 - stats.held);
  EXPECT_EQ(spans_->all().size(), 1U);  // the oldest, which had failed
}

TEST_F(KeepRuleTest, DecidesWhatIsHeldTooLong) {
  install_rule({.held_for_max = 60s});
  TraceContext parent =
      *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  { Span("child", {.parent = &parent}).status(SpanStatus::Error); }
  EXPECT_TRUE(flushed().empty());
  clock_.advance(60s);
  EXPECT_EQ(flushed().size(), 1U);
  EXPECT_EQ(tracer_->stats().undecided, 1U);
}

TEST_F(KeepRuleTest, DecidesAllAtTheEnd) {
  install_rule();
  TraceContext parent =
      *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  { Span("child", {.parent = &parent}).status(SpanStatus::Error); }
  EXPECT_TRUE(tracer_->shutdown({}).complete);
  EXPECT_EQ(spans_->all().size(), 1U);
}

TEST_F(KeepRuleTest, SendsSampledTracesAtOnce) {
  install({.sampler = Sampler::always_on(), .keep = KeepRule{}});
  Span root("root");
  { Span child("child"); }
  EXPECT_EQ(flushed().size(), 1U);
}

TEST_F(KeepRuleTest, KeepsCommandsThatFailWithAllTheyDid) {
  install_rule();
  const auto probe = tracing_probe();
  const auto store = open_memory_store({.probe = probe});
  CommandExecutor executor(*store, {.attempts_max = 2, .probe = probe});
  ASSERT_TRUE(executor.execute(bank::Deposit{bank::account(1), 5}));
  ASSERT_FALSE(executor.execute(bank::Deposit{bank::account(1), 5, [&](const bank::Account&) {
                                                bank::deposit_directly(*store, bank::account(1), 1);
                                              }}));
  flushed();
  ASSERT_EQ(spans_->called("execute deposit").size(), 1U);
  EXPECT_EQ(spans_->called("execute deposit")[0].status, SpanStatus::Error);
  EXPECT_EQ(spans_->called("attempt").size(), 2U);
  EXPECT_EQ(spans_->called("handle").size(), 2U);
}

}  // namespace
}  // namespace eventcore
