#pragma once

/// \file
/// `Product`: what commands know of a product's stream.

#include <cstdint>
#include <variant>

#include <eventcore/fold.hpp>

#include "domain/events.hpp"

namespace shop {

/// Stock is tracked from the first delivery on. A product that never received stock, as all of
/// those in an imported history, can be sold without limit.
struct Product {
  using Events = std::variant<StockReceived, StockReserved, StockReturned, StockAdjusted>;

  bool tracked = false;
  std::int64_t on_hand = 0;  ///< While it is tracked.
  std::int64_t sold = 0;
  std::int64_t returned = 0;

  static void apply(Product& product, const Events& event, const eventcore::EventInfo&);

  [[nodiscard]] bool has(std::int64_t quantity) const noexcept {
    return !tracked || on_hand >= quantity;
  }
};

}  // namespace shop
