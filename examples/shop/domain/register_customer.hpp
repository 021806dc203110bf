#pragma once

/// \file
/// `RegisterCustomer`: makes a customer known before the first order.

#include <string>
#include <string_view>
#include <variant>

#include <eventcore/command.hpp>

#include "domain/customer.hpp"
#include "domain/events.hpp"

namespace shop {

struct RegisterCustomer {
  static constexpr std::string_view name = "register_customer";
  using Event = std::variant<CustomerRegistered>;

  CustomerId id;
  std::string country;

  auto reads() const { return eventcore::reads(eventcore::stream<Customer>(id.stream())); }

  /// Refuses with: already_registered.
  eventcore::Decision handle(const Customer& former, eventcore::Emitter<Event>& emit) const {
    if (former.registered) {
      return eventcore::reject("already_registered", "There is a customer with this id.");
    }
    emit(id.stream(), CustomerRegistered{id, country});
    return eventcore::accept();
  }
};

}  // namespace shop
