#include "eventcore/tracing/span.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tracer_fixture.hpp"

namespace eventcore {
namespace {

using SpanTest = TracerFixture;

TEST(SpanWithoutTracer, IsNothing) {
  Span span("work");
  span.attribute("a", 1).event("happened").status(SpanStatus::Error, "no");
  EXPECT_FALSE(span.is_recording());
  EXPECT_FALSE(span.context().is_valid());
  EXPECT_FALSE(current_trace().is_valid());
  EXPECT_EQ(detail::current_frame(), nullptr);
}

TEST_F(SpanTest, BeginsATraceAndIsCurrentUntilItEnds) {
  install();
  {
    Span span("work");
    EXPECT_TRUE(span.is_recording());
    EXPECT_TRUE(span.context().is_valid());
    EXPECT_TRUE(span.context().is_sampled());
    EXPECT_EQ(current_trace(), span.context());
    ASSERT_NE(detail::current_frame(), nullptr);
    EXPECT_EQ(detail::current_frame()->name, "work");
  }
  EXPECT_FALSE(current_trace().is_valid());
  EXPECT_EQ(detail::current_frame(), nullptr);
  const auto spans = flushed();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_TRUE(spans[0].is_root());
  EXPECT_EQ(spans[0].name, "work");
  EXPECT_LE(spans[0].start, spans[0].end);
  EXPECT_EQ(spans[0].status, SpanStatus::Unset);
}

TEST_F(SpanTest, CarriesWhatIsAddedToIt) {
  install();
  const TraceContext other =
      *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  {
    Span span("work", {.kind = SpanKind::Client});
    span.attribute("flag", true).attribute("count", 7U).attribute("share", 0.5);
    span.attribute("text", "a text").attribute("count", 8);
    span.event("first", {{"n", std::int64_t{1}}}).event("second");
    span.link(other, {{"why", "it asked"}}).link(TraceContext{});
    span.attribute("last", std::string("behind"));
    span.status(SpanStatus::Error, "went wrong");
  }
  const auto spans = flushed();
  ASSERT_EQ(spans.size(), 1U);
  const OwnedSpan& span = spans[0];
  EXPECT_EQ(span.kind, SpanKind::Client);
  EXPECT_EQ(span.attributes, (OwnedAttributes{{"flag", true},
                                              {"count", std::int64_t{8}},
                                              {"share", 0.5},
                                              {"text", std::string("a text")},
                                              {"last", std::string("behind")}}));
  ASSERT_EQ(span.events.size(), 2U);
  EXPECT_EQ(span.events[0].name, "first");
  EXPECT_EQ(span.events[0].attributes, (OwnedAttributes{{"n", std::int64_t{1}}}));
  EXPECT_GE(span.events[0].time, span.start);
  EXPECT_TRUE(span.events[1].attributes.empty());
  ASSERT_EQ(span.links.size(), 1U);
  EXPECT_EQ(span.links[0].context, other);
  EXPECT_EQ(span.links[0].attributes, (OwnedAttributes{{"why", std::string("it asked")}}));
  EXPECT_EQ(span.status, SpanStatus::Error);
  EXPECT_EQ(span.status_message, "went wrong");
}

TEST_F(SpanTest, NestsAndRestores) {
  install();
  {
    Span outer("outer");
    {
      Span inner("inner");
      EXPECT_EQ(detail::current_frame()->parent->name, "outer");
    }
    EXPECT_EQ(current_trace(), outer.context());
  }
  const auto spans = flushed();
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0].name, "inner");
  EXPECT_TRUE(spans[0].is_child_of(spans[1]));
}

TEST_F(SpanTest, FollowsAGivenParent) {
  install();
  const TraceContext remote =
      *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const TraceContext none;
  {
    Span outer("outer");
    Span with("with", {.parent = &remote, .parent_is_remote = true, .trace_state = "a=1"});
    Span without("without", {.parent = &none});
  }
  ASSERT_EQ(flushed().size(), 3U);
  const OwnedSpan with = spans_->called("with").at(0);
  EXPECT_EQ(with.context.trace_id, remote.trace_id);
  EXPECT_EQ(with.parent_id, remote.span_id);
  EXPECT_EQ(with.trace_state, "a=1");
  EXPECT_TRUE(spans_->called("without").at(0).is_root());
}

TEST_F(SpanTest, UnsampledPassesItsParentOn) {
  install({.sampler = Sampler::always_off().parent_based()});
  TraceContext remote =
      *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
  {
    Span span("work", {.parent = &remote});
    EXPECT_FALSE(span.is_recording());
    EXPECT_EQ(current_trace(), remote);
  }
  {
    Span root("work");
    EXPECT_TRUE(root.context().is_valid());
    EXPECT_FALSE(root.context().is_sampled());
    Span child("work");
    EXPECT_EQ(child.context(), root.context());
  }
  EXPECT_TRUE(flushed().empty());
}

TEST_F(SpanTest, KeepsItsLimits) {
  install({.limits = {.attributes = 2, .events = 1, .links = 1, .text_bytes = 5}});
  {
    Span span("work");
    const TraceContext self = span.context();
    // Five bytes would end in the middle of the second character.
    span.attribute("a", "four\u00e4").attribute("b", 1).attribute("c", 2);
    span.event("e").event("f").link(self).link(self);
  }
  const auto spans = flushed();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].attributes.at("a"), OwnedValue(std::string("four")));
  EXPECT_EQ(spans[0].dropped_attributes, 1U);
  EXPECT_EQ(spans[0].dropped_events, 1U);
  EXPECT_EQ(spans[0].dropped_links, 1U);
}

TEST_F(SpanTest, HoldsNoMoreThanARecordMay) {
  install();
  const std::string text(4'096, 'x');
  {
    Span span("work");
    for (int i = 0; i < 20; ++i) span.attribute("key " + std::to_string(i), text);
  }
  const auto spans = flushed();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].attributes.size(), 7U);  // of 32 KiB
  EXPECT_EQ(spans[0].dropped_attributes, 13U);
}

TEST_F(SpanTest, TellsOfAnError) {
  install();
  {
    Span span("work");
    span.fail(make_error(ErrorCode::Unavailable, "the disk is away"));
  }
  const auto spans = flushed();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].status, SpanStatus::Error);
  EXPECT_EQ(spans[0].attributes.at("error.type"),
            OwnedValue(std::string(to_string(ErrorCode::Unavailable))));
  EXPECT_EQ(spans[0].attributes.at("error.message"), OwnedValue(std::string("the disk is away")));
}

}  // namespace
}  // namespace eventcore
