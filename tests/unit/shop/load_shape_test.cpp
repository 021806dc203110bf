#include "load/shape.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace shop {
namespace {

TEST(BasketShape, IsThatOfRealOrders) {
  BasketShape shape(1);
  constexpr std::size_t kBaskets = 20'000;
  std::vector<std::size_t> sizes;
  std::size_t lines = 0;
  std::size_t of_the_ten_most_popular = 0;
  for (std::size_t i = 0; i < kBaskets; ++i) {
    const auto basket = shape.basket();
    sizes.push_back(basket.size());
    lines += basket.size();
    for (const BasketLine& line : basket) {
      EXPECT_GE(line.quantity, 1);
      ASSERT_LT(line.product, kProducts);
      of_the_ten_most_popular += line.product < 10 ? 1U : 0U;
    }
  }
  std::sort(sizes.begin(), sizes.end());
  EXPECT_NEAR(static_cast<double>(lines) / kBaskets, 21, 1);
  EXPECT_EQ(sizes.front(), 1U);
  EXPECT_GT(sizes.back(), 500U);
  EXPECT_LE(sizes.back(), kBasketMax);
  EXPECT_NEAR(static_cast<double>(sizes[kBaskets / 2]), 11, 2);
  EXPECT_NEAR(static_cast<double>(of_the_ten_most_popular) / static_cast<double>(lines), 0.05,
              0.01);
}

TEST(BasketShape, NamesAProductOnceInABasket) {
  BasketShape shape(2);
  for (int i = 0; i < 500; ++i) {
    std::set<std::size_t> products;
    for (const BasketLine& line : shape.basket()) {
      EXPECT_TRUE(products.insert(line.product).second);
    }
  }
}

TEST(BasketShape, IsRepeatable) {
  BasketShape a(3);
  BasketShape b(3);
  BasketShape other(4);
  EXPECT_EQ(a.uniform(), b.uniform());
  EXPECT_NE(a.uniform(), other.uniform());
}

TEST(ProductShape, HasPricesLikeTheRealOnes) {
  std::vector<Money> prices;
  for (std::size_t rank = 0; rank < kProducts; ++rank) prices.push_back(product_price(rank));
  std::sort(prices.begin(), prices.end());
  EXPECT_GE(prices.front(), Money::parse("0.1"));
  EXPECT_NEAR(prices[kProducts / 2].approximate(), 2.5, 0.2);
  EXPECT_LT(prices[kProducts * 99 / 100], Money::parse("25"));
}

TEST(ProductShape, TracksProductsThatExist) {
  EXPECT_FALSE(tracked_products().empty());
  for (const std::size_t rank : tracked_products()) EXPECT_LT(rank, kProducts);
}

}  // namespace
}  // namespace shop
