#pragma once

/// \file
/// `PlaceOrder`: sells goods to a customer, or to somebody without a name.
///
/// Its consistency boundary is the order's stream, the customer's and that of every product, about
/// 21 in practice. If another order takes the last unit of any of them in between, this one is
/// decided again; two orders can never sell the same unit.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <eventcore/command.hpp>

#include "domain/customer.hpp"
#include "domain/documents.hpp"
#include "domain/events.hpp"
#include "domain/lines.hpp"
#include "domain/product.hpp"

namespace shop {

struct PlaceOrder {
  static constexpr std::string_view name = "place_order";
  using Event = std::variant<OrderPlaced, CustomerRegistered, CustomerOrdered, StockReserved>;

  OrderId id;
  std::optional<CustomerId> customer;
  std::string country;
  std::chrono::sys_seconds placed_at{};
  std::vector<Line> lines;

  auto reads() const {
    using Id = eventcore::StreamId;
    return eventcore::reads(
        eventcore::stream<Order>(id.stream()),
        eventcore::maybe<Customer>(customer ? std::optional<Id>(customer->stream()) : std::nullopt),
        eventcore::streams<Product>(product_streams(lines)));
  }

  /// Refuses with: already_placed, no_lines, bad_quantity, amount_too_large, out_of_stock.
  eventcore::Decision handle(const Order& order, const Customer* buyer,
                             const eventcore::Folds<Product>& products,
                             eventcore::Emitter<Event>& emit) const;
};

}  // namespace shop
