#pragma once

/// \file
/// `Customer`: what commands know of a customer's stream.

#include <cstdint>
#include <variant>

#include <eventcore/fold.hpp>

#include "domain/events.hpp"

namespace shop {

struct Customer {
  using Events = std::variant<CustomerRegistered, CustomerOrdered, CustomerReturned>;

  bool registered = false;
  std::int64_t orders = 0;
  std::int64_t returns = 0;

  static void apply(Customer& customer, const Events& event, const eventcore::EventInfo&);
};

}  // namespace shop
