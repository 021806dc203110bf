#include "eventcore/tracing/sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "eventcore/tracing/span.hpp"
#include "tracer_fixture.hpp"

namespace eventcore {
namespace {

using SamplerTest = TracerFixture;

std::array<std::uint8_t, 16> id_with(std::uint64_t low) {
  std::array<std::uint8_t, 16> id{};
  id[0] = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    id[15 - i] = static_cast<std::uint8_t>(low >> (8 * i));
  }
  return id;
}

TEST(Sampler, DecidesByTheLow56Bits) {
  constexpr std::uint64_t kAll = (std::uint64_t{1} << 56U) - 1;
  const Sampler quarter = Sampler::ratio(0.25);
  EXPECT_TRUE(quarter.samples({}, id_with(kAll)));
  EXPECT_TRUE(quarter.samples({}, id_with(std::uint64_t{3} << 54U)));
  EXPECT_FALSE(quarter.samples({}, id_with((std::uint64_t{3} << 54U) - 1)));
  EXPECT_FALSE(quarter.samples({}, id_with(0xff00'0000'0000'0000U)));
  EXPECT_TRUE(Sampler::ratio(1).samples({}, id_with(0)));
  EXPECT_TRUE(Sampler::ratio(7).samples({}, id_with(0)));
  EXPECT_FALSE(Sampler::ratio(0).samples({}, id_with(kAll)));
  EXPECT_FALSE(Sampler::ratio(-1).samples({}, id_with(kAll)));
  EXPECT_FALSE(Sampler::ratio(std::nan("")).samples({}, id_with(kAll)));
}

TEST(Sampler, FollowsItsParentIfAskedTo) {
  TraceContext parent;
  parent.trace_id = id_with(0);
  parent.span_id.fill(1);
  parent.flags = 1;
  EXPECT_TRUE(Sampler::always_off().parent_based().samples(parent, parent.trace_id));
  EXPECT_FALSE(Sampler::always_off().samples(parent, parent.trace_id));
  parent.flags = 0;
  EXPECT_FALSE(Sampler::always_on().parent_based().samples(parent, parent.trace_id));
  EXPECT_TRUE(Sampler::always_on().samples(parent, parent.trace_id));
  EXPECT_TRUE(Sampler::always_on().parent_based().samples({}, parent.trace_id));
}

TEST_F(SamplerTest, KeepsItsShareOfTheTracesThatBegin) {
  constexpr int kTraces = 10'000;
  install({.sampler = Sampler::ratio(0.1).parent_based()});
  int sampled = 0;
  for (int i = 0; i < kTraces; ++i) sampled += Span("work").context().is_sampled() ? 1 : 0;
  EXPECT_NEAR(sampled, kTraces * 0.1, 3 * std::sqrt(kTraces * 0.1 * 0.9));
}

// What one process samples, every other one with as large a share does: the decision is a function
// of the id. A smaller share is part of a larger one.
TEST(Sampler, DecidesAlikeEverywhere) {
  std::mt19937_64 random(1);
  const Sampler tenth = Sampler::ratio(0.1);
  const Sampler other = Sampler::ratio(0.1);
  const Sampler half = Sampler::ratio(0.5);
  int sampled = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = id_with(random());
    EXPECT_EQ(tenth.samples({}, id), other.samples({}, id));
    if (!tenth.samples({}, id)) continue;
    ++sampled;
    EXPECT_TRUE(half.samples({}, id));
  }
  EXPECT_NEAR(sampled, 1'000, 90);
}

}  // namespace
}  // namespace eventcore
