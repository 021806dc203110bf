#pragma once

/// \file
/// `RetailRow`: one row of the Online Retail format.

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "domain/code.hpp"
#include "domain/lines.hpp"

namespace shop {

/// A good row. `line.quantity` is as written: negative where goods went the other way.
struct RetailRow {
  std::string invoice;
  Line line;  ///< Its country is always set.
  std::chrono::sys_seconds date{};
  std::optional<CustomerId> customer;
};

/// Why a row is not good, for people.
struct RowFault {
  std::string reason;
};

/// The columns of the format, in order.
[[nodiscard]] std::span<const std::string_view> retail_columns() noexcept;

/// The row with these fields, or what is wrong with the first bad one.
[[nodiscard]] std::variant<RetailRow, RowFault> parse_retail_row(
    std::span<const std::string> fields);

/// `M/D/YY H:MM` (this century) or `M/D/YYYY H:MM`; nothing for other text and days that are none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_retail_date(std::string_view text);

}  // namespace shop
