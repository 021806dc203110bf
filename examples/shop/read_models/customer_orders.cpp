#include "read_models/customer_orders.hpp"

#include <limits>
#include <utility>

namespace shop {

namespace {

using eventcore::Result;

std::int64_t units_of(const OrderPlaced& order) {
  std::int64_t units = 0;
  for (const Line& line : order.lines) units += line.quantity;
  return units;
}

/// A total out of the database. Errors: HandlerFailed.
Result<MoneyTotal> total_from(const std::string& text) {
  const auto total = MoneyTotal::parse(text);
  if (total) return *total;
  return eventcore::make_error(eventcore::ErrorCode::HandlerFailed,
                               "read model: '" + text + "' is no amount");
}

}  // namespace

const std::string_view CustomerOrders::kSchema =
    "CREATE TABLE IF NOT EXISTS @customers (customer TEXT PRIMARY KEY, orders INTEGER NOT NULL, "
    "total TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS @orders (customer TEXT, position INTEGER, id TEXT NOT NULL, "
    "placed_at INTEGER NOT NULL, country TEXT NOT NULL, units INTEGER NOT NULL, "
    "total INTEGER NOT NULL, PRIMARY KEY (customer, position)) STRICT, WITHOUT ROWID";

CustomerOrders::CustomerOrders(std::string instance, std::unique_ptr<Tables> tables)
    : TableProjector({.name = kName, .instance = std::move(instance)}, std::move(tables),
                     "DELETE FROM @customers; DELETE FROM @orders") {}

Result<std::shared_ptr<eventcore::Projector>> CustomerOrders::create(
    std::string instance, std::unique_ptr<Tables> tables) {
  std::shared_ptr<CustomerOrders> made(new CustomerOrders(std::move(instance), std::move(tables)));
  if (auto prepared = made->prepare(); !prepared) return prepared.error();
  return std::shared_ptr<eventcore::Projector>(std::move(made));
}

Result<void> CustomerOrders::prepare() {
  const std::pair<Statement*, std::string_view> all[] = {
      {&register_, "INSERT INTO @customers VALUES (?1, 0, '0.0000') ON CONFLICT DO NOTHING"},
      {&read_, "SELECT orders, total FROM @customers WHERE customer = ?1"},
      {&count_,
       "INSERT INTO @customers VALUES (?1, ?2, ?3) ON CONFLICT (customer) DO UPDATE SET "
       "orders = excluded.orders, total = excluded.total"},
      {&list_, "INSERT INTO @orders VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"}};
  for (const auto& [statement, sql] : all) {
    auto prepared = tables().prepare(sql);
    if (!prepared) return prepared.error();
    *statement = *std::move(prepared);
  }
  return {};
}

Result<void> CustomerOrders::apply_event(const Events& event, const eventcore::StoredEvent& stored,
                                         const eventcore::ProjectionContext&) {
  return std::visit([&](const auto& happened) { return add(happened, stored.position); }, event);
}

Result<void> CustomerOrders::add(const CustomerRegistered& customer, eventcore::Position) {
  return register_.bind(1, customer.customer.text()).run();
}

Result<void> CustomerOrders::add(const OrderPlaced& order, eventcore::Position position) {
  if (!order.customer) return {};
  const std::string& customer = order.customer->text();
  std::int64_t orders = 1;
  MoneyTotal total;
  const auto known = read_.bind(1, customer).step();
  if (!known) return known.error();
  if (*known) {
    orders += read_.number(0);
    const auto before = total_from(read_.text(1));
    if (!before) return before.error();
    total = *before;
  }
  read_.reset();
  total.add(order.total, 1);
  const std::string text = total.to_string();
  if (auto counted = count_.bind(1, customer).bind(2, orders).bind(3, text).run(); !counted) {
    return counted;
  }
  return list_.bind(1, customer)
      .bind(2, static_cast<std::int64_t>(position.value))
      .bind(3, order.order.text())
      .bind(4, order.placed_at.time_since_epoch().count())
      .bind(5, order.country)
      .bind(6, units_of(order))
      .bind(7, order.total.units())
      .run();
}

Result<std::optional<CustomerOrdersPage>> find_orders(const ReadSnapshot& snapshot,
                                                      const CustomerOrdersQuery& query) {
  using Found = std::optional<CustomerOrdersPage>;
  auto customer = snapshot.prepare("SELECT orders, total FROM @customers WHERE customer = ?1");
  if (!customer) return customer.error();
  const auto known = customer->bind(1, query.customer).step();
  if (!known) return known.error();
  if (!*known) return Found();
  const auto total = total_from(customer->text(1));
  if (!total) return total.error();
  CustomerOrdersPage page{.orders = customer->number(0), .total = *total};

  auto rows = snapshot.prepare(
      "SELECT id, placed_at, country, units, total, position FROM @orders WHERE customer = ?1 AND "
      "position < ?2 ORDER BY position DESC LIMIT ?3");
  if (!rows) return rows.error();
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  rows->bind(1, query.customer)
      .bind(2, query.before ? static_cast<std::int64_t>(query.before->value) : kLast)
      .bind(3, static_cast<std::int64_t>(query.limit) + 1);
  for (;;) {
    const auto more = rows->step();
    if (!more) return more.error();
    page.more = *more && page.listed.size() == query.limit;
    if (!*more || page.more) return Found(std::move(page));
    page.listed.push_back(
        {.order = rows->text(0),
         .placed_at = std::chrono::sys_seconds(std::chrono::seconds(rows->number(1))),
         .country = rows->text(2),
         .units = rows->number(3),
         .total = Money::of_units(rows->number(4)),
         .position = {static_cast<std::uint64_t>(rows->number(5))}});
  }
}

}  // namespace shop
