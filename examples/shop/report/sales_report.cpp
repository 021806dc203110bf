#include "report/sales_report.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include <eventcore/codec.hpp>
#include <nlohmann/json.hpp>

namespace shop {

namespace {

using Reported = std::variant<OrderPlaced, GoodsReturned, AdjustmentBooked>;

}  // namespace

eventcore::EventFilter SalesReport::filter() {
  eventcore::EventFilter filter;
  for (const eventcore::EventType& type : eventcore::event_types<Reported>) {
    filter.type(std::string(type.name));
  }
  return filter;
}

eventcore::Result<void> SalesReport::apply(const eventcore::StoredEvent& stored) {
  auto event =
      eventcore::decode_event<Reported>(stored.type, stored.schema_version, stored.payload);
  if (!event) return std::move(event).error();
  std::visit([this](const auto& reported) { add(reported); }, *event);
  return {};
}

eventcore::Result<void> SalesReport::catch_up(eventcore::EventStore& store,
                                              eventcore::Deadline deadline) {
  while (true) {
    auto page = store.read(eventcore::LogQuery{.after = seen_, .filter = filter()}, deadline);
    if (!page) return std::move(page).error();
    for (const eventcore::StoredEvent& event : page->events) {
      if (auto applied = apply(event); !applied) return applied;
      seen_ = event.position;
    }
    // The page says how far it looked: events of other types need not be read again.
    seen_ = std::max(seen_, page->scanned_to);
    if (!page->more) return {};
  }
}

void SalesReport::add(const OrderPlaced& order) {
  ++orders_;
  if (order.customer) customers_.insert(order.customer->text());
  for (const Line& line : order.lines) {
    units_sold_ += line.quantity;
    products_.insert(line.product.text());
    gross_.add(line.price, line.quantity);
    revenue_by_country_[line.country.value_or(order.country)].add(line.price, line.quantity);
  }
}

void SalesReport::add(const GoodsReturned& goods) {
  ++returns_;
  for (const Line& line : goods.lines) {
    units_returned_ += line.quantity;
    returned_.add_absolute(line.price, line.quantity);
  }
}

void SalesReport::add(const AdjustmentBooked&) { ++adjustments_; }

std::string to_json(const SalesReport& report) {
  nlohmann::ordered_json json;
  json["orders"] = report.orders();
  json["returns"] = report.returns();
  json["adjustments"] = report.adjustments();
  json["units_sold"] = report.units_sold();
  json["units_returned"] = report.units_returned();
  json["gross"] = report.gross().to_string();
  json["returned"] = report.returned().to_string();
  json["customers"] = report.customers();
  json["products"] = report.products();
  json["revenue_by_country"] = nlohmann::ordered_json::object();
  for (const auto& [country, revenue] : report.revenue_by_country()) {
    json["revenue_by_country"][country] = revenue.to_string();
  }
  return json.dump(2);
}

std::string to_text(const SalesReport& report) {
  std::string text;
  const auto row = [&text](std::string_view name, const std::string& value) {
    text += name;
    text.append(24 - std::min<std::size_t>(name.size(), 23), ' ');
    text.append(16 - std::min<std::size_t>(value.size(), 16), ' ');
    text += value + "\n";
  };
  row("orders", std::to_string(report.orders()));
  row("returns", std::to_string(report.returns()));
  row("adjustments", std::to_string(report.adjustments()));
  row("units sold", std::to_string(report.units_sold()));
  row("units returned", std::to_string(report.units_returned()));
  row("gross", report.gross().to_string());
  row("returned", report.returned().to_string());
  row("customers", std::to_string(report.customers()));
  row("products", std::to_string(report.products()));
  text += "\nrevenue by country\n";
  std::vector<std::pair<std::string, MoneyTotal>> countries(report.revenue_by_country().begin(),
                                                            report.revenue_by_country().end());
  std::stable_sort(countries.begin(), countries.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [country, revenue] : countries) row("  " + country, revenue.to_string());
  return text;
}

}  // namespace shop
