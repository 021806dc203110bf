#pragma once

/// \file
/// The projection `customer_orders`: the orders of each customer.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/events.hpp"
#include "read_models/read_database.hpp"
#include "read_models/table_projector.hpp"
#include "report/money_total.hpp"

namespace shop {

/// A row for each customer and one for each order of a customer.
class CustomerOrders final : public TableProjector<std::variant<CustomerRegistered, OrderPlaced>> {
 public:
  static constexpr eventcore::FixedName kName = "customer_orders";
  static const std::string_view kSchema;

  /// `tables` were opened with `kSchema`. Errors: HandlerFailed.
  [[nodiscard]] static eventcore::Result<std::shared_ptr<eventcore::Projector>> create(
      std::string instance, std::unique_ptr<Tables> tables);

 private:
  CustomerOrders(std::string instance, std::unique_ptr<Tables> tables);
  [[nodiscard]] eventcore::Result<void> prepare();
  [[nodiscard]] eventcore::Result<void> apply_event(const Events& event,
                                                    const eventcore::StoredEvent& stored,
                                                    const eventcore::ProjectionContext&) override;
  [[nodiscard]] eventcore::Result<void> add(const CustomerRegistered& customer,
                                            eventcore::Position);
  [[nodiscard]] eventcore::Result<void> add(const OrderPlaced& order, eventcore::Position position);

  Statement register_;
  Statement read_;
  Statement count_;
  Statement list_;
};

struct CustomerOrdersQuery {
  std::string customer;
  /// Only orders before this position of the log; nothing: from the newest on.
  std::optional<eventcore::Position> before = std::nullopt;
  std::size_t limit = 100;
};

struct CustomerOrder {
  std::string order;
  std::chrono::sys_seconds placed_at{};
  std::string country;
  std::int64_t units = 0;
  Money total;
  eventcore::Position position;
};

struct CustomerOrdersPage {
  std::int64_t orders = 0;                 ///< Of the customer, on all pages.
  MoneyTotal total;                        ///< Of all of them.
  std::vector<CustomerOrder> listed = {};  ///< The newest first.
  bool more = false;
};

/// Nothing for a customer that was never registered. Errors: Unavailable, HandlerFailed.
[[nodiscard]] eventcore::Result<std::optional<CustomerOrdersPage>> find_orders(
    const ReadSnapshot& snapshot, const CustomerOrdersQuery& query);

}  // namespace shop
