#pragma once

/// \file
/// Every event of the shop: what can be found in its store.
///
/// The names and fields in `describe()` are stored for ever; members may be renamed, these not.
///
/// | stream                    | events                                                          |
/// |---------------------------|-----------------------------------------------------------------|
/// | `order-<id>`              | OrderPlaced                                                     |
/// | `return-<id>`             | GoodsReturned                                                   |
/// | `adjustment-<id>`         | StockAdjustmentRecorded, AdjustmentBooked                       |
/// | `customer-<id>`           | CustomerRegistered, CustomerOrdered, CustomerReturned           |
/// | `product-<code>`          | StockReceived, StockReserved, StockReturned, StockAdjusted      |
///
/// A command writes to several of these streams at once, atomically. The document (order, return,
/// adjustment) has all details; what the other streams get is what decisions about a customer or a
/// product need, so that such a stream is folded without reading documents.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <eventcore/describe.hpp>
#include <eventcore/json.hpp>

#include "domain/code.hpp"
#include "domain/lines.hpp"
#include "domain/money.hpp"

namespace shop {

struct OrderPlaced {
  OrderId order;
  std::optional<CustomerId> customer;
  std::string country;
  std::chrono::sys_seconds placed_at{};
  std::vector<Line> lines;
  Money total;

  static constexpr auto describe() {
    return eventcore::describe_event("order_placed", 1,
                                     eventcore::field("order", &OrderPlaced::order),
                                     eventcore::field("customer", &OrderPlaced::customer),
                                     eventcore::field("country", &OrderPlaced::country),
                                     eventcore::field("placed_at", &OrderPlaced::placed_at),
                                     eventcore::field("lines", &OrderPlaced::lines),
                                     eventcore::field("total", &OrderPlaced::total));
  }
};

/// Quantities are of what came back: never negative.
struct GoodsReturned {
  ReturnId id;
  std::optional<CustomerId> customer;
  std::string country;
  std::chrono::sys_seconds returned_at{};
  std::vector<Line> lines;
  Money total;

  static constexpr auto describe() {
    return eventcore::describe_event("goods_returned", 1,
                                     eventcore::field("return", &GoodsReturned::id),
                                     eventcore::field("customer", &GoodsReturned::customer),
                                     eventcore::field("country", &GoodsReturned::country),
                                     eventcore::field("returned_at", &GoodsReturned::returned_at),
                                     eventcore::field("lines", &GoodsReturned::lines),
                                     eventcore::field("total", &GoodsReturned::total));
  }
};

/// Stock was corrected by hand: lost, broken, found. Not a sale, so in no report.
struct StockAdjustmentRecorded {
  AdjustmentId adjustment;
  std::chrono::sys_seconds adjusted_at{};
  std::vector<Line> lines;

  static constexpr auto describe() {
    return eventcore::describe_event(
        "stock_adjustment_recorded", 1,
        eventcore::field("adjustment", &StockAdjustmentRecorded::adjustment),
        eventcore::field("adjusted_at", &StockAdjustmentRecorded::adjusted_at),
        eventcore::field("lines", &StockAdjustmentRecorded::lines));
  }
};

/// A correction of the books, such as a bad debt. No goods move.
struct AdjustmentBooked {
  AdjustmentId adjustment;
  std::chrono::sys_seconds booked_at{};
  std::vector<Line> lines;
  Money total;

  static constexpr auto describe() {
    return eventcore::describe_event("adjustment_booked", 1,
                                     eventcore::field("adjustment", &AdjustmentBooked::adjustment),
                                     eventcore::field("booked_at", &AdjustmentBooked::booked_at),
                                     eventcore::field("lines", &AdjustmentBooked::lines),
                                     eventcore::field("total", &AdjustmentBooked::total));
  }
};

struct CustomerRegistered {
  CustomerId customer;
  std::string country;

  static constexpr auto describe() {
    return eventcore::describe_event("customer_registered", 1,
                                     eventcore::field("customer", &CustomerRegistered::customer),
                                     eventcore::field("country", &CustomerRegistered::country));
  }
};

struct CustomerOrdered {
  OrderId order;
  Money total;

  static constexpr auto describe() {
    return eventcore::describe_event("customer_ordered", 1,
                                     eventcore::field("order", &CustomerOrdered::order),
                                     eventcore::field("total", &CustomerOrdered::total));
  }
};

struct CustomerReturned {
  ReturnId id;
  Money total;

  static constexpr auto describe() {
    return eventcore::describe_event("customer_returned", 1,
                                     eventcore::field("return", &CustomerReturned::id),
                                     eventcore::field("total", &CustomerReturned::total));
  }
};

struct StockReceived {
  std::int64_t quantity = 0;

  static constexpr auto describe() {
    return eventcore::describe_event("stock_received", 1,
                                     eventcore::field("quantity", &StockReceived::quantity));
  }
};

struct StockReserved {
  OrderId order;
  std::int64_t quantity = 0;

  static constexpr auto describe() {
    return eventcore::describe_event("stock_reserved", 1,
                                     eventcore::field("order", &StockReserved::order),
                                     eventcore::field("quantity", &StockReserved::quantity));
  }
};

struct StockReturned {
  ReturnId id;
  std::int64_t quantity = 0;

  static constexpr auto describe() {
    return eventcore::describe_event("stock_returned", 1,
                                     eventcore::field("return", &StockReturned::id),
                                     eventcore::field("quantity", &StockReturned::quantity));
  }
};

/// `quantity` is the change: negative for lost stock.
struct StockAdjusted {
  AdjustmentId adjustment;
  std::int64_t quantity = 0;

  static constexpr auto describe() {
    return eventcore::describe_event("stock_adjusted", 1,
                                     eventcore::field("adjustment", &StockAdjusted::adjustment),
                                     eventcore::field("quantity", &StockAdjusted::quantity));
  }
};

}  // namespace shop
