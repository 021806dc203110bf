#include "eventcore/trace_context.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace eventcore {
namespace {

const std::string kHeader = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, ReadsAndWritesTheHeader) {
  const std::optional<TraceContext> context = TraceContext::parse(kHeader);
  ASSERT_TRUE(context);
  EXPECT_TRUE(context->is_valid());
  EXPECT_TRUE(context->is_sampled());
  EXPECT_EQ(context->trace_id[0], 0x0A);
  EXPECT_EQ(context->span_id[7], 0x31);
  EXPECT_EQ(context->traceparent(), kHeader);
  EXPECT_EQ(context->trace_id_text(), "0af7651916cd43dd8448eb211c80319c");
}

TEST(TraceContext, WritesNothingWithoutATrace) {
  EXPECT_FALSE(TraceContext{}.is_valid());
  EXPECT_EQ(TraceContext{}.traceparent(), "");
  EXPECT_EQ(TraceContext{}.trace_id_text(), "");
}

TEST(TraceContext, RejectsWhatTheSpecificationRejects) {
  const auto with = [](std::size_t at, std::string_view text) {
    return std::string(kHeader).replace(at, text.size(), text);
  };
  const std::string bad[] = {
      "",
      kHeader.substr(0, 54),
      kHeader + "0",
      kHeader + "-00",                                  // version 00 has four fields
      with(0, "ff"),
      with(0, "0A"),
      with(0, "g0"),
      with(2, "_"),
      with(3, "0AF7"),                                  // upper case
      with(3, std::string(32, '0')),                    // no trace
      with(36, std::string(16, '0')),                   // no span
      with(36, "B7AD"),
      with(53, "0G"),
      with(53, "0A"),
      " " + kHeader,
  };
  for (const std::string& header : bad) EXPECT_FALSE(TraceContext::parse(header)) << header;
}

TEST(TraceContext, ReadsHigherVersionsAsFarAsItKnowsThem) {
  const std::string later = "cc" + kHeader.substr(2);
  for (const std::string& header : {later, later + "-", later + "-what-the-future-brings"}) {
    const std::optional<TraceContext> context = TraceContext::parse(header);
    ASSERT_TRUE(context) << header;
    EXPECT_EQ(context->traceparent(), kHeader);
  }
  EXPECT_FALSE(TraceContext::parse(later + "x"));
}

TEST(TraceContext, SendsOnlyTheFlagThatVersionZeroKnows) {
  const std::optional<TraceContext> context =
      TraceContext::parse(kHeader.substr(0, 53) + "ff");
  ASSERT_TRUE(context);
  EXPECT_EQ(context->traceparent(), kHeader);
  EXPECT_FALSE(TraceContext::parse(kHeader.substr(0, 53) + "fe")->is_sampled());
}

TEST(TraceScope, RestoresTheFormerContext) {
  EXPECT_EQ(current_trace(), TraceContext{});
  const TraceContext outer = *TraceContext::parse(kHeader);
  TraceContext inner = outer;
  inner.span_id[0] = 0x11;
  {
    const TraceScope outer_scope(outer);
    EXPECT_EQ(current_trace(), outer);
    {
      const TraceScope inner_scope(inner);
      EXPECT_EQ(current_trace(), inner);
    }
    EXPECT_EQ(current_trace(), outer);
  }
  EXPECT_EQ(current_trace(), TraceContext{});
}

TEST(TraceScope, IsOfItsThread) {
  const TraceScope scope(*TraceContext::parse(kHeader));
  std::thread([] { EXPECT_EQ(current_trace(), TraceContext{}); }).join();
}

}  // namespace
}  // namespace eventcore
