#pragma once

/// \file
/// `ReturnGoods`: takes goods back into stock. It names no order: customers return things that they
/// bought long ago, and the real data does not say when.

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

struct ReturnGoods {
  static constexpr std::string_view name = "return_goods";
  using Event = std::variant<GoodsReturned, CustomerReturned, StockReturned>;

  ReturnId id;
  std::optional<CustomerId> customer;
  std::string country;
  std::chrono::sys_seconds returned_at{};
  std::vector<Line> lines;  ///< Quantities are of what comes back: not negative.

  auto reads() const {
    using Id = eventcore::StreamId;
    return eventcore::reads(
        eventcore::stream<GoodsReturn>(id.stream()),
        eventcore::maybe<Customer>(customer ? std::optional<Id>(customer->stream()) : std::nullopt),
        eventcore::streams<Product>(product_streams(lines)));
  }

  /// Refuses with: already_returned, no_lines, bad_quantity, amount_too_large.
  eventcore::Decision handle(const GoodsReturn& former, const Customer* customer_known,
                             const eventcore::Folds<Product>& products,
                             eventcore::Emitter<Event>& emit) const;
};

}  // namespace shop
