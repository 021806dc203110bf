#include "space_saving.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>

#include "text_hash.hpp"

namespace eventcore::observability::detail {
namespace {

void write(SpaceSaving& sketch, const std::string& stream, std::uint64_t version) {
  sketch.add_write(text_hash(stream), stream, version);
}

const StreamCount* find(const SpaceSaving& sketch, const std::string& stream) {
  for (const StreamCount& place : sketch.places()) {
    if (place.stream == stream) return &place;
  }
  return nullptr;
}

TEST(SpaceSaving, IsExactWhileThereArePlaces) {
  SpaceSaving sketch(3);
  write(sketch, "a", 1);
  write(sketch, "b", 5);
  write(sketch, "a", 2);
  sketch.add_conflict(text_hash("a"), "a");
  sketch.add_conflict(text_hash("c"), "c");
  ASSERT_NE(find(sketch, "a"), nullptr);
  EXPECT_EQ(find(sketch, "a")->count, 3U);
  EXPECT_EQ(find(sketch, "a")->conflicts, 1U);
  EXPECT_EQ(find(sketch, "a")->version, 2U);
  EXPECT_EQ(find(sketch, "a")->error, 0U);
  EXPECT_EQ(find(sketch, "b")->version, 5U);
  EXPECT_EQ(find(sketch, "c")->count, 1U);
  EXPECT_EQ(find(sketch, "c")->version, 0U);
}

TEST(SpaceSaving, GivesThePlaceOfTheLeastToANewcomer) {
  SpaceSaving sketch(2);
  for (int i = 1; i <= 5; ++i) write(sketch, "a", 5);
  for (int i = 1; i <= 3; ++i) write(sketch, "b", 3);
  sketch.add_conflict(text_hash("b"), "b");
  write(sketch, "c", 1);
  EXPECT_EQ(find(sketch, "b"), nullptr);
  const StreamCount* newcomer = find(sketch, "c");
  ASSERT_NE(newcomer, nullptr);
  EXPECT_EQ(newcomer->count, 5U);
  EXPECT_EQ(newcomer->error, 4U);
  EXPECT_EQ(newcomer->conflicts, 0U) << "those of the stream before";
  EXPECT_EQ(newcomer->version, 1U);
  EXPECT_EQ(find(sketch, "a")->count, 5U);
}

TEST(SpaceSaving, AVersionNeverFalls) {
  SpaceSaving sketch(2);
  write(sketch, "a", 7);
  write(sketch, "a", 6);
  EXPECT_EQ(find(sketch, "a")->version, 7U);
}

/// The promises of the algorithm, on a skewed distribution over far more streams than places.
TEST(SpaceSaving, KeepsItsBounds) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    constexpr std::size_t kPlaces = 50;
    constexpr std::uint64_t kWrites = 40'000;
    SpaceSaving sketch(kPlaces);
    std::map<std::string, std::uint64_t> truth;
    std::map<std::string, std::uint64_t> conflicts;
    std::mt19937_64 random(seed);
    for (std::uint64_t i = 0; i < kWrites; ++i) {
      const double uniform = std::uniform_real_distribution<>(0, 1)(random);
      const auto rank = static_cast<std::uint64_t>(std::pow(3'000.0, uniform));
      const std::string stream = "s-" + std::to_string(rank);
      ++truth[stream];
      if (random() % 5 == 0) {
        ++conflicts[stream];
        sketch.add_conflict(text_hash(stream), stream);
      } else {
        write(sketch, stream, truth[stream]);
      }
    }
    std::uint64_t sum = 0;
    for (const StreamCount& place : sketch.places()) {
      sum += place.count;
      EXPECT_GE(place.count, truth[place.stream]) << place.stream;
      EXPECT_LE(place.count - place.error, truth[place.stream]) << place.stream;
      EXPECT_LE(place.error, kWrites / kPlaces) << place.stream;
      EXPECT_LE(place.conflicts, conflicts[place.stream]) << place.stream;
    }
    EXPECT_EQ(sum, kWrites) << "each occurrence is in one place";
    EXPECT_LE(sketch.count_of_others(), kWrites / kPlaces);
    for (const auto& [stream, count] : truth) {
      if (find(sketch, stream) == nullptr) {
        EXPECT_LE(count, sketch.count_of_others()) << stream << ", seed " << seed;
      }
    }
  }
}

TEST(SpaceSaving, WorksWithOnePlace) {
  SpaceSaving sketch(1);
  for (int i = 0; i < 100; ++i) write(sketch, i % 2 == 0 ? "a" : "b", 1);
  ASSERT_EQ(sketch.places().size(), 1U);
  EXPECT_EQ(sketch.places()[0].stream, "b");
  EXPECT_EQ(sketch.places()[0].count, 100U);
  EXPECT_EQ(sketch.places()[0].error, 99U);
}

}  // namespace
}  // namespace eventcore::observability::detail
