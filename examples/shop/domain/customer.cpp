#include "domain/customer.hpp"

namespace shop {

void Customer::apply(Customer& customer, const Events& event, const eventcore::EventInfo&) {
  if (std::holds_alternative<CustomerRegistered>(event)) customer.registered = true;
  if (std::holds_alternative<CustomerOrdered>(event)) ++customer.orders;
  if (std::holds_alternative<CustomerReturned>(event)) ++customer.returns;
}

}  // namespace shop
