#pragma once

/// \file
/// `ReceiveStock`: puts delivered goods into stock. From then on the product's stock is tracked.

#include <cstdint>
#include <string_view>
#include <variant>

#include <eventcore/command.hpp>

#include "domain/events.hpp"
#include "domain/product.hpp"

namespace shop {

struct ReceiveStock {
  static constexpr std::string_view name = "receive_stock";
  using Event = std::variant<StockReceived>;

  ProductCode product;
  std::int64_t quantity = 0;

  auto reads() const { return eventcore::reads(eventcore::stream<Product>(product.stream())); }

  /// Refuses with: bad_quantity.
  eventcore::Decision handle(const Product&, eventcore::Emitter<Event>& emit) const {
    if (quantity < 1 || quantity > kQuantityMax) {
      return eventcore::reject("bad_quantity", "A quantity is from 1 to 1,000,000,000.");
    }
    emit(product.stream(), StockReceived{quantity});
    return eventcore::accept();
  }
};

}  // namespace shop
