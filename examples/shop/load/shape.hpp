#pragma once

/// \file
/// The shape of real orders, measured on a week of the Online Retail data set: how large baskets
/// are, how popular products, what they cost. No row of the data is in here.

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "domain/money.hpp"

namespace shop {

/// Products of the generated shop; the real week had 2,246.
inline constexpr std::size_t kProducts = 2'250;
/// Customers that come back; 426 in the real week.
inline constexpr std::size_t kCustomers = 5'000;
/// Lines of the largest generated order.
inline constexpr std::size_t kBasketMax = 600;

/// One line of a generated order.
struct BasketLine {
  std::size_t product = 0;  ///< Its rank: 0 is the most popular.
  std::int64_t quantity = 1;
};

/// Makes orders. The same seed makes the same orders. Thread-safety: One thread at a time.
class BasketShape {
 public:
  explicit BasketShape(std::uint64_t seed) : random_(seed) {}

  /// 1 to 600 different products, 21 on average; half of the orders have less than 12.
  [[nodiscard]] std::vector<BasketLine> basket();
  /// A customer's number.
  [[nodiscard]] std::size_t customer();
  /// Uniform in [0, 1).
  [[nodiscard]] double uniform();

 private:
  std::size_t product();

  std::mt19937_64 random_;
};

/// The code, the name and the price of the product with this rank.
[[nodiscard]] std::string product_code(std::size_t rank);
[[nodiscard]] std::string product_name(std::size_t rank);
[[nodiscard]] Money product_price(std::size_t rank);

/// Products with limited stock: of middling popularity, so that they run out now and then and an
/// order in ten or so meets an empty shelf.
[[nodiscard]] std::span<const std::size_t> tracked_products() noexcept;

}  // namespace shop
