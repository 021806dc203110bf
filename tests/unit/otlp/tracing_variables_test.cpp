#include "tracing_variables.hpp"

#include <gtest/gtest.h>

#include <map>

namespace eventcore::detail {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

class TracingVariablesTest : public ::testing::Test {
 protected:
  static Environment environment(Variables variables) {
    return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
  }
  /// How many of 1,000 traces are sampled without a parent, with a sampled and an unsampled one.
  std::array<int, 3> sampled(const Variables& variables) {
    const Sampler sampler = sampler_of(environment(variables), report());
    std::array<int, 3> counts{};
    TraceContext yes;
    yes.trace_id[0] = yes.span_id[0] = 1;
    TraceContext no = yes;
    yes.flags = 1;
    const TraceContext parents[] = {{}, yes, no};
    for (unsigned i = 0; i < 1'000; ++i) {
      std::array<std::uint8_t, 16> id{};
      id[9] = static_cast<std::uint8_t>(i * 256 / 1'000);
      id[10] = static_cast<std::uint8_t>(i * 37);
      for (std::size_t parent = 0; parent < 3; ++parent) {
        counts[parent] += sampler.samples(parents[parent], id) ? 1 : 0;
      }
    }
    return counts;
  }
  std::function<void(std::string_view)> report() {
    return [this](std::string_view) { ++lines_; };
  }

  int lines_ = 0;
};

TEST_F(TracingVariablesTest, KnowsTheStandardSamplers) {
  using Counts = std::array<int, 3>;
  EXPECT_EQ(sampled({}), (Counts{1'000, 1'000, 0}));
  EXPECT_EQ(sampled({{"OTEL_TRACES_SAMPLER", "parentbased_always_on"}}), (Counts{1'000, 1'000, 0}));
  EXPECT_EQ(sampled({{"OTEL_TRACES_SAMPLER", "always_on"}}), (Counts{1'000, 1'000, 1'000}));
  EXPECT_EQ(sampled({{"OTEL_TRACES_SAMPLER", "always_off"}}), (Counts{0, 0, 0}));
  EXPECT_EQ(sampled({{"OTEL_TRACES_SAMPLER", "parentbased_always_off"}}), (Counts{0, 1'000, 0}));
  const Counts half =
      sampled({{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "0.5"}});
  EXPECT_NEAR(half[0], 500, 10);
  EXPECT_EQ(half[1], half[0]);
  const Counts tenth = sampled(
      {{"OTEL_TRACES_SAMPLER", "parentbased_traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "0.1"}});
  EXPECT_NEAR(tenth[0], 100, 10);
  EXPECT_EQ(tenth[1], 1'000);
  EXPECT_EQ(tenth[2], 0);
  EXPECT_EQ(lines_, 0);
}

TEST_F(TracingVariablesTest, WarnsOfWhatItDoesNotKnow) {
  EXPECT_EQ(sampled({{"OTEL_TRACES_SAMPLER", "jaeger_remote"}})[0], 1'000);
  EXPECT_EQ(lines_, 1);
  EXPECT_EQ(sampled({{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", "2"}})[0],
            1'000);
  EXPECT_EQ(lines_, 2);
}

TEST_F(TracingVariablesTest, LimitsSpans) {
  SpanLimits limits = limits_of(environment({{"OTEL_ATTRIBUTE_COUNT_LIMIT", "5"},
                                             {"OTEL_SPAN_EVENT_COUNT_LIMIT", "6"},
                                             {"OTEL_SPAN_LINK_COUNT_LIMIT", "many"},
                                             {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "8"},
                                             {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9"}}),
                                report());
  EXPECT_EQ(limits.attributes, 5);
  EXPECT_EQ(limits.events, 6);
  EXPECT_EQ(limits.links, SpanLimits{}.links);
  EXPECT_EQ(limits.text_bytes, 8);
  EXPECT_EQ(lines_, 1);
}

}  // namespace
}  // namespace eventcore::detail
