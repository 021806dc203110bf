#include "read_models/daily_revenue.hpp"

#include <limits>
#include <map>
#include <utility>

namespace shop {

namespace {

using eventcore::Result;
using std::chrono::sys_days;

/// What one event says, by country.
struct Happened {
  sys_days day;
  std::map<std::string, Revenue> countries;
};

Happened happened(const OrderPlaced& order) {
  Happened result{std::chrono::floor<std::chrono::days>(order.placed_at), {}};
  result.countries[order.country].orders = 1;
  for (const Line& line : order.lines) {
    Revenue& revenue = result.countries[line.country.value_or(order.country)];
    revenue.units_sold += line.quantity;
    revenue.gross.add(line.price, line.quantity);
  }
  return result;
}

Happened happened(const GoodsReturned& goods) {
  Happened result{std::chrono::floor<std::chrono::days>(goods.returned_at), {}};
  result.countries[goods.country].returns = 1;
  for (const Line& line : goods.lines) {
    Revenue& revenue = result.countries[line.country.value_or(goods.country)];
    revenue.units_returned += line.quantity;
    revenue.returned.add_absolute(line.price, line.quantity);
  }
  return result;
}

/// The six columns from `first` on.
Result<Revenue> revenue_from(const Statement& row, int first) {
  const auto gross = MoneyTotal::parse(row.text(first + 4));
  const auto returned = MoneyTotal::parse(row.text(first + 5));
  if (!gross || !returned) {
    return eventcore::make_error(
        eventcore::ErrorCode::HandlerFailed,
        "read model: '" + row.text(first + 4) + "' or '" + row.text(first + 5) + "' is no amount");
  }
  return Revenue{.orders = row.number(first),
                 .returns = row.number(first + 1),
                 .units_sold = row.number(first + 2),
                 .units_returned = row.number(first + 3),
                 .gross = *gross,
                 .returned = *returned};
}

}  // namespace

void Revenue::add(const Revenue& other) noexcept {
  orders += other.orders;
  returns += other.returns;
  units_sold += other.units_sold;
  units_returned += other.units_returned;
  gross.add(other.gross);
  returned.add(other.returned);
}

const std::string_view DailyRevenue::kSchema =
    "CREATE TABLE IF NOT EXISTS @revenue (day INTEGER, country TEXT, orders INTEGER NOT NULL, "
    "returns INTEGER NOT NULL, units_sold INTEGER NOT NULL, units_returned INTEGER NOT NULL, "
    "gross TEXT NOT NULL, returned TEXT NOT NULL, PRIMARY KEY (day, country)) "
    "STRICT, WITHOUT ROWID";

DailyRevenue::DailyRevenue(std::string instance, std::unique_ptr<Tables> tables)
    : TableProjector({.name = kName, .instance = std::move(instance)}, std::move(tables),
                     "DELETE FROM @revenue") {}

Result<std::shared_ptr<eventcore::Projector>> DailyRevenue::create(std::string instance,
                                                                   std::unique_ptr<Tables> tables) {
  std::shared_ptr<DailyRevenue> made(new DailyRevenue(std::move(instance), std::move(tables)));
  auto read = made->tables().prepare(
      "SELECT orders, returns, units_sold, units_returned, gross, "
      "returned FROM @revenue WHERE day = ?1 AND country = ?2");
  if (!read) return read.error();
  auto write = made->tables().prepare(
      "INSERT INTO @revenue VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (day, country) "
      "DO UPDATE SET orders = excluded.orders, returns = excluded.returns, "
      "units_sold = excluded.units_sold, units_returned = excluded.units_returned, "
      "gross = excluded.gross, returned = excluded.returned");
  if (!write) return write.error();
  made->read_ = *std::move(read);
  made->write_ = *std::move(write);
  return std::shared_ptr<eventcore::Projector>(std::move(made));
}

Result<void> DailyRevenue::apply_event(const Events& event, const eventcore::StoredEvent&,
                                       const eventcore::ProjectionContext&) {
  const Happened now = std::visit([](const auto& of) { return happened(of); }, event);
  for (const auto& [country, revenue] : now.countries) {
    if (auto added = add(now.day, country, revenue); !added) return added;
  }
  return {};
}

Result<void> DailyRevenue::add(sys_days day, const std::string& country, const Revenue& more) {
  const std::int64_t number = day.time_since_epoch().count();
  Revenue sum;
  const auto known = read_.bind(1, number).bind(2, country).step();
  if (!known) return known.error();
  if (*known) {
    const auto before = revenue_from(read_, 0);
    if (!before) return before.error();
    sum = *before;
  }
  read_.reset();
  sum.add(more);
  const std::string gross = sum.gross.to_string();
  const std::string returned = sum.returned.to_string();
  return write_.bind(1, number)
      .bind(2, country)
      .bind(3, sum.orders)
      .bind(4, sum.returns)
      .bind(5, sum.units_sold)
      .bind(6, sum.units_returned)
      .bind(7, gross)
      .bind(8, returned)
      .run();
}

Result<RevenuePage> find_revenue(const ReadSnapshot& snapshot, const RevenueQuery& query) {
  auto rows = snapshot.prepare(
      query.country ? "SELECT * FROM @revenue WHERE day BETWEEN ?1 AND ?2 AND country = ?3 "
                      "ORDER BY day, country"
                    : "SELECT * FROM @revenue WHERE day BETWEEN ?1 AND ?2 ORDER BY day, country");
  if (!rows) return rows.error();
  using Limits = std::numeric_limits<std::int64_t>;
  rows->bind(1, query.from ? query.from->time_since_epoch().count() : Limits::min())
      .bind(2, query.to ? query.to->time_since_epoch().count() : Limits::max());
  if (query.country) rows->bind(3, *query.country);
  RevenuePage page;
  for (;;) {
    const auto more = rows->step();
    if (!more) return more.error();
    if (!*more) return page;
    const auto revenue = revenue_from(*rows, 2);
    if (!revenue) return revenue.error();
    page.total.add(*revenue);
    if (page.days.size() == query.limit) {
      page.more = true;
      continue;
    }
    const std::chrono::days day(rows->number(0));
    page.days.push_back({sys_days(day), rows->text(1), *revenue});
  }
}

}  // namespace shop
