#include "replay/retail_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <unordered_map>
#include <utility>

#include "replay/csv_reader.hpp"
#include "replay/read_input.hpp"
#include "replay/retail_row.hpp"
#include "replay/text_encoding.hpp"

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;

/// The good rows of one invoice.
struct Invoice {
  std::string number;
  std::vector<RetailRow> rows;
};

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The first customer that a row names.
std::optional<CustomerId> customer_of(const std::vector<RetailRow>& rows) {
  for (const RetailRow& row : rows) {
    if (row.customer) return row.customer;
  }
  return std::nullopt;
}

/// The rows' lines; a line keeps its country only where it is not that of the first.
std::vector<Line> lines_of(std::vector<RetailRow>& rows, const std::string& country) {
  std::vector<Line> lines;
  lines.reserve(rows.size());
  for (RetailRow& row : rows) {
    if (row.line.country == country) row.line.country.reset();
    lines.push_back(std::move(row.line));
  }
  return lines;
}

/// The rows' lines without countries: corrections go nowhere.
std::vector<Line> placeless_lines_of(std::vector<RetailRow>& rows) {
  for (RetailRow& row : rows) row.line.country = "";
  return lines_of(rows, "");
}

// Codes of invoices are good: their rows would have been rejected otherwise.

ReplayStep place_order(const std::string& number, std::vector<RetailRow> rows) {
  PlaceOrder order{.id = OrderId::parse(number).value(),
                   .customer = customer_of(rows),
                   .country = *rows.front().line.country,
                   .placed_at = rows.front().date,
                   .lines = {}};
  order.lines = lines_of(rows, order.country);
  const auto at = order.placed_at;
  return {std::move(order), "order:" + number, at};
}

ReplayStep adjust_stock(const std::string& number, std::vector<RetailRow> rows) {
  const auto at = rows.front().date;
  AdjustStock adjustment{.id = AdjustmentId::parse(number).value(),
                         .adjusted_at = at,
                         .lines = placeless_lines_of(rows)};
  return {std::move(adjustment), "adjust:" + number, at};
}

ReplayStep return_goods(const std::string& number, std::vector<RetailRow> rows) {
  // Returns are written with negative quantities. Whatever its sign, a row says what came back.
  for (RetailRow& row : rows) row.line.quantity = std::abs(row.line.quantity);
  ReturnGoods goods{.id = ReturnId::parse(number).value(),
                    .customer = customer_of(rows),
                    .country = *rows.front().line.country,
                    .returned_at = rows.front().date,
                    .lines = {}};
  goods.lines = lines_of(rows, goods.country);
  const auto at = goods.returned_at;
  return {std::move(goods), "return:" + number, at};
}

ReplayStep book_adjustment(const std::string& number, std::vector<RetailRow> rows) {
  const auto at = rows.front().date;
  BookAdjustment adjustment{.id = AdjustmentId::parse(number).value(),
                            .booked_at = at,
                            .lines = placeless_lines_of(rows)};
  return {std::move(adjustment), "book:" + number, at};
}

/// What an invoice means is in its number: digits are sales, `C` returns, all else the books.
void append_steps(Invoice invoice, std::vector<ReplayStep>& steps) {
  if (!is_number(invoice.number)) {
    const bool is_return = invoice.number.starts_with('C');
    steps.push_back(is_return ? return_goods(invoice.number, std::move(invoice.rows))
                              : book_adjustment(invoice.number, std::move(invoice.rows)));
    return;
  }
  std::vector<RetailRow> sold;
  std::vector<RetailRow> adjusted;
  for (RetailRow& row : invoice.rows) {
    (row.line.quantity > 0 ? sold : adjusted).push_back(std::move(row));
  }
  if (!sold.empty()) steps.push_back(place_order(invoice.number, std::move(sold)));
  if (!adjusted.empty()) steps.push_back(adjust_stock(invoice.number, std::move(adjusted)));
}

/// Collects rows by invoice, in the order in which invoices appear.
class Invoices {
 public:
  void add(RetailRow row) {
    const auto [place, is_new] = places_.emplace(row.invoice, invoices_.size());
    if (is_new) invoices_.push_back({row.invoice, {}});
    invoices_[place->second].rows.push_back(std::move(row));
  }

  std::vector<ReplayStep> take_steps() {
    std::vector<ReplayStep> steps;
    steps.reserve(invoices_.size());
    for (Invoice& invoice : invoices_) append_steps(std::move(invoice), steps);
    return steps;
  }

 private:
  std::vector<Invoice> invoices_;
  std::unordered_map<std::string, std::size_t> places_;
};

eventcore::Result<void> check_header(const std::optional<CsvRecord>& header) {
  const auto columns = retail_columns();
  if (header &&
      std::equal(header->fields.begin(), header->fields.end(), columns.begin(), columns.end())) {
    return {};
  }
  std::string names;
  for (const std::string_view column : columns) {
    if (!names.empty()) names += ',';
    names += column;
  }
  return make_error(ErrorCode::InvalidArgument, "the first line is not " + names);
}

/// The row of `record`, or what is wrong with it.
std::variant<RetailRow, RowFault> row_of(CsvRecord record) {
  if (!record.fault.empty()) return RowFault{std::string(record.fault)};
  if (!is_utf8(record.text)) {
    for (std::string& field : record.fields) field = latin1_to_utf8(field);
  }
  return parse_retail_row(record.fields);
}

}  // namespace

eventcore::Result<RetailFile> parse_retail_file(std::string_view bytes) {
  CsvReader reader(without_byte_order_mark(bytes), [](std::span<const std::string> fields) {
    return std::holds_alternative<RetailRow>(parse_retail_row(fields));
  });
  if (auto checked = check_header(reader.next()); !checked) return checked.error();

  RetailFile file;
  Invoices invoices;
  while (std::optional<CsvRecord> record = reader.next()) {
    ++file.rows;
    const std::size_t line = record->line;
    const std::string_view text = record->text;
    auto parsed = row_of(*std::move(record));
    if (auto* row = std::get_if<RetailRow>(&parsed)) {
      invoices.add(std::move(*row));
    } else {
      file.rejected.push_back({line, std::move(std::get<RowFault>(parsed).reason), to_utf8(text)});
    }
  }
  file.steps = invoices.take_steps();
  return file;
}

eventcore::Result<RetailFile> read_retail_file(const std::filesystem::path& path,
                                               const std::stop_token& stop) {
  const auto bytes = read_input(path, stop);
  if (!bytes) return bytes.error();
  auto file = parse_retail_file(*bytes);
  if (!file) {
    return make_error(ErrorCode::InvalidArgument, path.string() + ": " + file.error().message);
  }
  return file;
}

}  // namespace shop
