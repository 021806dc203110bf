#include "eventcore/position.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace eventcore {
namespace {

TEST(Position, CountsEventsBetweenTwo) {
  EXPECT_EQ(Position{7} - Position{4}, 3U);
  EXPECT_EQ(Position{4} + 3, Position{7});
  EXPECT_LT(Position{4}, Position{7});
  EXPECT_EQ(Position{}, Position{0});
}

TEST(StreamVersion, CountsEventsBetweenTwo) {
  EXPECT_EQ(StreamVersion{7} - StreamVersion{4}, 3U);
  EXPECT_EQ(StreamVersion{4} + 3, StreamVersion{7});
}

TEST(Position, IsNoStreamVersionAndNoInteger) {
  EXPECT_FALSE((std::is_convertible_v<Position, StreamVersion>));
  EXPECT_FALSE((std::is_convertible_v<Position, std::uint64_t>));
  EXPECT_FALSE((std::is_convertible_v<std::uint64_t, Position>));
}

}  // namespace
}  // namespace eventcore
