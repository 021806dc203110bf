#pragma once

/// \file
/// The projection `stock_levels`: every product at once, which streams of single products are no
/// way to ask for.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/product.hpp"
#include "read_models/read_database.hpp"
#include "read_models/table_projector.hpp"

namespace shop {

/// Applies the fold that commands use to a row for each product.
class StockLevels final : public TableProjector<Product::Events> {
 public:
  static constexpr eventcore::FixedName kName = "stock_levels";
  static const std::string_view kSchema;

  /// `tables` were opened with `kSchema`. Errors: HandlerFailed.
  [[nodiscard]] static eventcore::Result<std::shared_ptr<eventcore::Projector>> create(
      std::string instance, std::unique_ptr<Tables> tables);

 private:
  StockLevels(std::string instance, std::unique_ptr<Tables> tables);
  [[nodiscard]] eventcore::Result<void> apply_event(const Events& event,
                                                    const eventcore::StoredEvent& stored,
                                                    const eventcore::ProjectionContext&) override;

  Statement read_;
  Statement write_;
};

struct StockQuery {
  /// Only products whose stock is tracked and less than this.
  std::optional<std::int64_t> below = std::nullopt;
  std::string start = {};  ///< The first product code to list.
  std::size_t limit = 100;
};

struct StockLevel {
  std::string product;
  Product stock;
};

struct StockPage {
  std::vector<StockLevel> levels;   ///< By product code.
  std::optional<std::string> next;  ///< Where the next page starts, if there is one.
};

/// Errors: Unavailable, HandlerFailed.
[[nodiscard]] eventcore::Result<StockPage> find_stock(const ReadSnapshot& snapshot,
                                                      const StockQuery& query);

}  // namespace shop
