#include "domain/product.hpp"

namespace shop {

namespace {

struct Apply {
  Product& product;

  void operator()(const StockReceived& event) const {
    product.tracked = true;
    product.on_hand += event.quantity;
  }
  void operator()(const StockReserved& event) const {
    product.sold += event.quantity;
    if (product.tracked) product.on_hand -= event.quantity;
  }
  void operator()(const StockReturned& event) const {
    product.returned += event.quantity;
    if (product.tracked) product.on_hand += event.quantity;
  }
  void operator()(const StockAdjusted& event) const {
    if (product.tracked) product.on_hand += event.quantity;
  }
};

}  // namespace

void Product::apply(Product& product, const Events& event, const eventcore::EventInfo&) {
  std::visit(Apply{product}, event);
}

}  // namespace shop
