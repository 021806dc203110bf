#include "domain/place_order.hpp"

namespace shop {

using eventcore::accept;
using eventcore::reject;

eventcore::Decision PlaceOrder::handle(const Order& order, const Customer* buyer,
                                       const eventcore::Folds<Product>& products,
                                       eventcore::Emitter<Event>& emit) const {
  if (order.placed) return reject("already_placed", "There is an order with this id.");
  if (lines.empty()) return reject("no_lines", "An order has at least one line.");
  if (!quantities_are_within(lines, 1)) {
    return reject("bad_quantity", "A quantity is from 1 to 1,000,000,000.");
  }
  const std::optional<Money> total = total_of(lines);
  if (!total) return reject("amount_too_large", "The amount of a line is at most 1,000,000,000.");

  // Stock is checked by product, not by line: two lines of three units need six.
  const std::vector<ProductQuantity> wanted = quantities_by_product(lines);
  for (const ProductQuantity& product : wanted) {
    if (!products[product.line].has(product.quantity)) {
      return reject("out_of_stock", "Not enough stock of " + lines[product.line].product.text() +
                                        ": " + std::to_string(products[product.line].on_hand) +
                                        " left.");
    }
  }

  emit(id.stream(), OrderPlaced{id, customer, country, placed_at, lines, *total});
  if (customer) {
    if (!buyer->registered) emit(customer->stream(), CustomerRegistered{*customer, country});
    emit(customer->stream(), CustomerOrdered{id, *total});
  }
  for (const ProductQuantity& product : wanted) {
    emit(lines[product.line].product.stream(), StockReserved{id, product.quantity});
  }
  return accept();
}

}  // namespace shop
