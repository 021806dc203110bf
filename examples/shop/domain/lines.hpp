#pragma once

/// \file
/// The lines of orders, returns and adjustments, and what they sum up to.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <eventcore/describe.hpp>
#include <eventcore/stream_id.hpp>

#include "domain/code.hpp"
#include "domain/money.hpp"

namespace shop {

/// So many units of a product at one price. What a quantity means is said by whoever holds the
/// line: sold, returned or adjusted.
struct Line {
  ProductCode product;
  std::string description;
  std::int64_t quantity = 0;
  Money price;
  /// Where the goods go; absent: to the country of the whole order.
  std::optional<std::string> country = std::nullopt;

  static constexpr auto describe() {
    return eventcore::describe_value(eventcore::field("product", &Line::product),
                                     eventcore::field("description", &Line::description),
                                     eventcore::field("quantity", &Line::quantity),
                                     eventcore::field("price", &Line::price),
                                     eventcore::field("country", &Line::country));
  }

  friend bool operator==(const Line&, const Line&) = default;
};

/// The largest quantity of a line, up or down. Sums of very many of them still fit an integer, so
/// that folds need not check.
inline constexpr std::int64_t kQuantityMax = 1'000'000'000;

/// Every quantity is at least `smallest` and at most `kQuantityMax`.
[[nodiscard]] bool quantities_are_within(std::span<const Line> lines, std::int64_t smallest);

/// The largest amount of a line, price times quantity, up or down. It keeps out slips of the
/// keyboard, and the total of any order that a request can hold fits a `Money`.
inline constexpr Money kLineAmountMax = Money::of_units(1'000'000'000 * Money::kUnitsPerWhole);

/// Price times quantity; nothing above `kLineAmountMax`.
[[nodiscard]] std::optional<Money> amount_of(Money price, std::int64_t quantity);

/// The amount of all lines; nothing if one is above `kLineAmountMax` or their sum does not fit.
[[nodiscard]] std::optional<Money> total_of(std::span<const Line> lines);

/// What the lines say about one product, however many of them name it.
struct ProductQuantity {
  std::size_t line = 0;  ///< The first line that names the product.
  std::int64_t quantity = 0;
};

/// One entry a product, in the order of first lines.
[[nodiscard]] std::vector<ProductQuantity> quantities_by_product(std::span<const Line> lines);

/// The product's stream for each line, in order; a product that is named twice is there twice.
[[nodiscard]] std::vector<eventcore::StreamId> product_streams(std::span<const Line> lines);

}  // namespace shop
