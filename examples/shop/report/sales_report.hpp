#pragma once

/// \file
/// `SalesReport`: what was sold and returned, computed from the events.

#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>

#include <eventcore/event_filter.hpp>
#include <eventcore/event_page.hpp>
#include <eventcore/event_store.hpp>
#include <eventcore/result.hpp>

#include "domain/events.hpp"
#include "report/money_total.hpp"

namespace shop {

/// A read model: events go in, in the order of the log; numbers come out. Stock adjustments and
/// deliveries are no sales and count nowhere. Thread-safety: One thread at a time.
class SalesReport {
 public:
  /// The events that it wants.
  [[nodiscard]] static eventcore::EventFilter filter();

  /// Takes in one event. Errors: DecodeFailed, UnknownEventType.
  [[nodiscard]] eventcore::Result<void> apply(const eventcore::StoredEvent& event);
  /// Takes in all events of `store` that it has not seen. Errors: also those of a read.
  [[nodiscard]] eventcore::Result<void> catch_up(eventcore::EventStore& store,
                                                 eventcore::Deadline deadline = {});

  [[nodiscard]] std::int64_t orders() const noexcept { return orders_; }
  [[nodiscard]] std::int64_t returns() const noexcept { return returns_; }
  [[nodiscard]] std::int64_t adjustments() const noexcept { return adjustments_; }
  [[nodiscard]] std::int64_t units_sold() const noexcept { return units_sold_; }
  [[nodiscard]] std::int64_t units_returned() const noexcept { return units_returned_; }
  [[nodiscard]] MoneyTotal gross() const noexcept { return gross_; }
  /// Without signs: what the shop gave back, not what it lost.
  [[nodiscard]] MoneyTotal returned() const noexcept { return returned_; }
  /// Customers with at least one order.
  [[nodiscard]] std::size_t customers() const noexcept { return customers_.size(); }
  /// Products of at least one order.
  [[nodiscard]] std::size_t products() const noexcept { return products_.size(); }
  [[nodiscard]] const std::map<std::string, MoneyTotal>& revenue_by_country() const noexcept {
    return revenue_by_country_;
  }

 private:
  void add(const OrderPlaced& order);
  void add(const GoodsReturned& goods);
  void add(const AdjustmentBooked&);

  eventcore::Position seen_{};
  std::int64_t orders_ = 0;
  std::int64_t returns_ = 0;
  std::int64_t adjustments_ = 0;
  std::int64_t units_sold_ = 0;
  std::int64_t units_returned_ = 0;
  MoneyTotal gross_;
  MoneyTotal returned_;
  std::unordered_set<std::string> customers_;
  std::unordered_set<std::string> products_;
  std::map<std::string, MoneyTotal> revenue_by_country_;
};

/// The report as JSON; amounts are decimal strings.
[[nodiscard]] std::string to_json(const SalesReport& report);
/// The report as a few lines for people.
[[nodiscard]] std::string to_text(const SalesReport& report);

}  // namespace shop
