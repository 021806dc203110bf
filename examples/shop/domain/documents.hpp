#pragma once

/// \file
/// `Order`, `GoodsReturn` and `Adjustment`: documents that are written once. All that a command has
/// to know of one is whether it exists.

#include <variant>

#include <eventcore/fold.hpp>

#include "domain/events.hpp"

namespace shop {

struct Order {
  using Events = std::variant<OrderPlaced>;
  bool placed = false;
  static void apply(Order& order, const Events&, const eventcore::EventInfo&) {
    order.placed = true;
  }
};

struct GoodsReturn {
  using Events = std::variant<GoodsReturned>;
  bool recorded = false;
  static void apply(GoodsReturn& goods_return, const Events&, const eventcore::EventInfo&) {
    goods_return.recorded = true;
  }
};

struct Adjustment {
  using Events = std::variant<StockAdjustmentRecorded, AdjustmentBooked>;
  bool recorded = false;
  static void apply(Adjustment& adjustment, const Events&, const eventcore::EventInfo&) {
    adjustment.recorded = true;
  }
};

}  // namespace shop
