#include "text_hash.hpp"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

namespace eventcore::detail {
namespace {

TEST(HashText, DependsOnEveryByteAndTheLength) {
  for (std::size_t size = 1; size <= 70; ++size) {
    const std::string text(size, 'x');
    std::unordered_set<std::uint64_t> hashes = {hash_text(text, 1)};
    for (std::size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = 'y';
      EXPECT_TRUE(hashes.insert(hash_text(changed, 1)).second) << size << ' ' << i;
    }
    EXPECT_TRUE(hashes.insert(hash_text(text + 'x', 1)).second) << size;
  }
}

TEST(HashText, DependsOnTheSeed) {
  EXPECT_NE(hash_text("product-22423", 1), hash_text("product-22423", 2));
  EXPECT_EQ(hash_text("product-22423", 1), hash_text("product-22423", 1));
}

TEST(HashText, SpreadsNumberedNames) {
  constexpr std::size_t kNames = 4'096;
  std::unordered_set<std::uint64_t> low;
  std::unordered_set<std::uint64_t> high;
  for (std::size_t i = 0; i < kNames; ++i) {
    const std::uint64_t hash = hash_text("order-" + std::to_string(i), 1);
    low.insert(hash & (kNames - 1));
    high.insert(hash >> 52);
  }
  // Thrown at random, 63 % of the places are taken.
  EXPECT_GT(low.size(), kNames * 58 / 100);
  EXPECT_GT(high.size(), kNames * 58 / 100);
}

TEST(SameText, IsEquality) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string text(size, 'x');
    EXPECT_TRUE(same_text(text, std::string(text)));
    EXPECT_FALSE(same_text(text, text + 'x'));
    for (std::size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = 'y';
      EXPECT_FALSE(same_text(text, changed)) << size << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace eventcore::detail
