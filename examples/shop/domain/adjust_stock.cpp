#include "domain/adjust_stock.hpp"

namespace shop {

using eventcore::accept;
using eventcore::reject;

eventcore::Decision AdjustStock::handle(const Adjustment& former, const eventcore::Folds<Product>&,
                                        eventcore::Emitter<Event>& emit) const {
  if (former.recorded) return reject("already_adjusted", "There is an adjustment with this id.");
  if (lines.empty()) return reject("no_lines", "An adjustment has at least one line.");
  if (!quantities_are_within(lines, -kQuantityMax)) {
    return reject("bad_quantity", "A quantity is at most 1,000,000,000 up or down.");
  }
  emit(id.stream(), StockAdjustmentRecorded{id, adjusted_at, lines});
  for (const ProductQuantity& product : quantities_by_product(lines)) {
    emit(lines[product.line].product.stream(), StockAdjusted{id, product.quantity});
  }
  return accept();
}

}  // namespace shop
