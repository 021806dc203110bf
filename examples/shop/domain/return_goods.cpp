#include "domain/return_goods.hpp"

namespace shop {

using eventcore::accept;
using eventcore::reject;

eventcore::Decision ReturnGoods::handle(const GoodsReturn& former, const Customer*,
                                        const eventcore::Folds<Product>&,
                                        eventcore::Emitter<Event>& emit) const {
  if (former.recorded) return reject("already_returned", "There is a return with this id.");
  if (lines.empty()) return reject("no_lines", "A return has at least one line.");
  // Zero is allowed: the real data has lines that only note a fee.
  if (!quantities_are_within(lines, 0)) {
    return reject("bad_quantity", "A quantity is from 0 to 1,000,000,000.");
  }
  const std::optional<Money> total = total_of(lines);
  if (!total) return reject("amount_too_large", "The amount of a line is at most 1,000,000,000.");

  emit(id.stream(), GoodsReturned{id, customer, country, returned_at, lines, *total});
  if (customer) emit(customer->stream(), CustomerReturned{id, *total});
  for (const ProductQuantity& product : quantities_by_product(lines)) {
    emit(lines[product.line].product.stream(), StockReturned{id, product.quantity});
  }
  return accept();
}

}  // namespace shop
