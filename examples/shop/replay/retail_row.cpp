#include "replay/retail_row.hpp"

#include <array>
#include <charconv>
#include <cstdint>

namespace shop {

namespace {

constexpr std::array<std::string_view, 8> kColumns{"InvoiceNo",  "StockCode",   "Description",
                                                   "Quantity",   "InvoiceDate", "UnitPrice",
                                                   "CustomerID", "Country"};

/// Takes `digits_min` to `digits_max` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits_min,
                               std::size_t digits_max) {
  std::size_t digits = 0;
  int value = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (++digits > digits_max) return std::nullopt;
    value = value * 10 + (text[digits - 1] - '0');
  }
  if (digits < digits_min) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

RowFault bad_code(std::string_view column, std::string_view why) {
  return {std::string(column) + " " + std::string(why)};
}

}  // namespace

std::span<const std::string_view> retail_columns() noexcept { return kColumns; }

std::variant<RetailRow, RowFault> parse_retail_row(std::span<const std::string> fields) {
  if (fields.size() != kColumns.size()) {
    return RowFault{"there are " + std::to_string(fields.size()) + " columns, not 8"};
  }
  RetailRow row;
  row.invoice = fields[0];
  if (const auto why = refuse_code(row.invoice); !why.empty()) return bad_code("invoice", why);
  eventcore::Result<ProductCode> product = ProductCode::parse(fields[1]);
  if (!product) return bad_code("stock code", product.error().message);
  row.line.product = *std::move(product);
  row.line.description = fields[2];

  const std::optional<std::int64_t> quantity = parse_integer(fields[3]);
  if (!quantity) return RowFault{"quantity is not an integer"};
  row.line.quantity = *quantity;
  const std::optional<std::chrono::sys_seconds> date = parse_retail_date(fields[4]);
  if (!date) return RowFault{"date is not a date"};
  row.date = *date;
  const std::optional<Money> price = Money::parse(fields[5]);
  if (!price) return RowFault{"price is not a decimal"};
  row.line.price = *price;
  if (*quantity > kQuantityMax || *quantity < -kQuantityMax) {
    return RowFault{"quantity is too large"};
  }
  if (!amount_of(*price, *quantity)) {
    return RowFault{"price times quantity is more than 1000000000"};
  }

  if (!fields[6].empty()) {
    eventcore::Result<CustomerId> customer = CustomerId::parse(fields[6]);
    if (!customer) return bad_code("customer", customer.error().message);
    row.customer = *std::move(customer);
  }
  row.line.country = fields[7];
  return row;
}

std::optional<std::chrono::sys_seconds> parse_retail_date(std::string_view text) {
  const auto month = take_number(text, 1, 2);
  if (!month || !take(text, '/')) return std::nullopt;
  const auto day = take_number(text, 1, 2);
  if (!day || !take(text, '/')) return std::nullopt;
  const std::size_t before = text.size();
  auto year = take_number(text, 2, 4);
  const std::size_t year_digits = before - text.size();
  if (!year || year_digits == 3 || !take(text, ' ')) return std::nullopt;
  if (year_digits == 2) *year += 2000;
  const auto hour = take_number(text, 1, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2, 2);
  if (!minute || !text.empty() || *hour > 23 || *minute > 59) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

}  // namespace shop
