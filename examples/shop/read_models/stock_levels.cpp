#include "read_models/stock_levels.hpp"

#include <limits>
#include <utility>

namespace shop {

const std::string_view StockLevels::kSchema =
    "CREATE TABLE IF NOT EXISTS @stock (product TEXT PRIMARY KEY, tracked INTEGER NOT NULL, "
    "on_hand INTEGER NOT NULL, sold INTEGER NOT NULL, returned INTEGER NOT NULL) "
    "STRICT, WITHOUT ROWID";

StockLevels::StockLevels(std::string instance, std::unique_ptr<Tables> tables)
    : TableProjector({.name = kName, .instance = std::move(instance)}, std::move(tables),
                     "DELETE FROM @stock") {}

eventcore::Result<std::shared_ptr<eventcore::Projector>> StockLevels::create(
    std::string instance, std::unique_ptr<Tables> tables) {
  std::shared_ptr<StockLevels> made(new StockLevels(std::move(instance), std::move(tables)));
  auto read = made->tables().prepare(
      "SELECT tracked, on_hand, sold, returned FROM @stock WHERE product = ?1");
  if (!read) return read.error();
  auto write = made->tables().prepare(
      "INSERT INTO @stock VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (product) DO UPDATE SET "
      "tracked = excluded.tracked, on_hand = excluded.on_hand, sold = excluded.sold, "
      "returned = excluded.returned");
  if (!write) return write.error();
  made->read_ = *std::move(read);
  made->write_ = *std::move(write);
  return std::shared_ptr<eventcore::Projector>(std::move(made));
}

eventcore::Result<void> StockLevels::apply_event(const Events& event,
                                                 const eventcore::StoredEvent& stored,
                                                 const eventcore::ProjectionContext&) {
  const auto code = ProductCode::of_stream(stored.stream);
  if (!code) return code.error();
  Product product;
  const auto known = read_.bind(1, code->text()).step();
  if (!known) return known.error();
  if (*known) {
    product = {.tracked = read_.number(0) != 0,
               .on_hand = read_.number(1),
               .sold = read_.number(2),
               .returned = read_.number(3)};
  }
  read_.reset();
  Product::apply(
      product, event,
      {.stream = stored.stream, .version = stored.version, .encoded_headers = stored.headers});
  return write_.bind(1, code->text())
      .bind(2, std::int64_t{product.tracked})
      .bind(3, product.on_hand)
      .bind(4, product.sold)
      .bind(5, product.returned)
      .run();
}

eventcore::Result<StockPage> find_stock(const ReadSnapshot& snapshot, const StockQuery& query) {
  auto rows = snapshot.prepare(
      query.below ? "SELECT * FROM @stock WHERE product >= ?1 AND tracked <> 0 AND on_hand < ?3 "
                    "ORDER BY product LIMIT ?2"
                  : "SELECT * FROM @stock WHERE product >= ?1 ORDER BY product LIMIT ?2");
  if (!rows) return rows.error();
  // One more than asked for says where the next page starts.
  rows->bind(1, query.start).bind(2, static_cast<std::int64_t>(query.limit) + 1);
  if (query.below) rows->bind(3, *query.below);
  StockPage page;
  for (;;) {
    const auto more = rows->step();
    if (!more) return more.error();
    if (!*more) return page;
    if (page.levels.size() == query.limit) {
      page.next = rows->text(0);
      return page;
    }
    page.levels.push_back({.product = rows->text(0),
                           .stock = {.tracked = rows->number(1) != 0,
                                     .on_hand = rows->number(2),
                                     .sold = rows->number(3),
                                     .returned = rows->number(4)}});
  }
}

}  // namespace shop
