#pragma once

/// \file
/// `AdjustStock`: corrects stock by hand, up or down: goods were lost, broken or found.

#include <chrono>
#include <string_view>
#include <variant>
#include <vector>

#include <eventcore/command.hpp>

#include "domain/documents.hpp"
#include "domain/events.hpp"
#include "domain/lines.hpp"
#include "domain/product.hpp"

namespace shop {

struct AdjustStock {
  static constexpr std::string_view name = "adjust_stock";
  using Event = std::variant<StockAdjustmentRecorded, StockAdjusted>;

  AdjustmentId id;
  std::chrono::sys_seconds adjusted_at{};
  std::vector<Line> lines;  ///< Quantities are changes: negative for what is gone.

  auto reads() const {
    return eventcore::reads(eventcore::stream<Adjustment>(id.stream()),
                            eventcore::streams<Product>(product_streams(lines)));
  }

  /// Refuses with: already_adjusted, no_lines, bad_quantity. Never for lack of stock: what is
  /// gone is gone, and stock may become negative until it is counted again.
  eventcore::Decision handle(const Adjustment& former, const eventcore::Folds<Product>& products,
                             eventcore::Emitter<Event>& emit) const;
};

}  // namespace shop
