#include "top_streams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "text_hash.hpp"

namespace eventcore::observability::detail {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

void offer(TopStreams& top, const std::string& stream, std::uint64_t version) {
  top.offer(text_hash(stream), stream, version);
}

TEST(TopStreams, KeepsTheLongestAndTheirLatestVersions) {
  TopStreams top(2);
  offer(top, "a", 1);
  offer(top, "b", 5);
  offer(top, "c", 3);
  offer(top, "b", 4);
  offer(top, "d", 2);
  EXPECT_THAT(top.list(), UnorderedElementsAre(Pair("b", 5), Pair("c", 3)));
  offer(top, "c", 9);
  offer(top, "d", 6);
  EXPECT_THAT(top.list(), UnorderedElementsAre(Pair("c", 9), Pair("d", 6)));
}

TEST(TopStreams, CanBeSwitchedOff) {
  TopStreams top(0);
  offer(top, "a", 1);
  EXPECT_TRUE(top.list().empty());
}

TEST(TopStreams, GivesNoStreamTheVersionOfAnother) {
  TopStreams top(3);
  constexpr std::uint64_t kStreams = 8;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&top, t] {
        // Versions of stream n are n modulo kStreams, so that a mix-up shows.
        for (std::uint64_t round = 1; round < 3'000; ++round) {
          const std::uint64_t n = (round * 5 + t) % kStreams;
          offer(top, "s-" + std::to_string(n), round * kStreams + n);
        }
      });
    }
  }
  for (std::uint64_t n = 0; n < kStreams; ++n) offer(top, "s-" + std::to_string(n), 800'000 + n);
  for (const auto& [stream, version] : top.list()) {
    EXPECT_EQ("s-" + std::to_string(version % kStreams), stream);
  }
}

}  // namespace
}  // namespace eventcore::observability::detail
