#include "domain/book_adjustment.hpp"

namespace shop {

using eventcore::accept;
using eventcore::reject;

eventcore::Decision BookAdjustment::handle(const Adjustment& former,
                                           eventcore::Emitter<Event>& emit) const {
  if (former.recorded) return reject("already_booked", "There is an adjustment with this id.");
  if (lines.empty()) return reject("no_lines", "An adjustment has at least one line.");
  if (!quantities_are_within(lines, -kQuantityMax)) {
    return reject("bad_quantity", "A quantity is at most 1,000,000,000 up or down.");
  }
  const std::optional<Money> total = total_of(lines);
  if (!total) return reject("amount_too_large", "The amount of a line is at most 1,000,000,000.");
  emit(id.stream(), AdjustmentBooked{id, booked_at, lines, *total});
  return accept();
}

}  // namespace shop
