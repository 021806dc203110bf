#pragma once

/// \file
/// `RetailFile`: a whole file in the Online Retail format, as the commands it asks for.
///
/// Rows of one invoice need not stand together, so a file is read to its end before the first
/// command is executed.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <eventcore/result.hpp>

#include "domain/adjust_stock.hpp"
#include "domain/book_adjustment.hpp"
#include "domain/place_order.hpp"
#include "domain/return_goods.hpp"

namespace shop {

/// One invoice, or one part of it, as a command. Executed twice under its key it changes nothing
/// the second time.
struct ReplayStep {
  std::variant<PlaceOrder, ReturnGoods, AdjustStock, BookAdjustment> command;
  std::string key;  ///< Such as `order:536365`.
  std::chrono::sys_seconds at{};
};

/// A row that can't be used.
struct RejectedRow {
  std::size_t line = 0;
  std::string reason;
  std::string text;  ///< As it is written.
};

struct RetailFile {
  std::vector<ReplayStep> steps;  ///< In the order of the invoices' first rows.
  std::vector<RejectedRow> rejected;
  std::size_t rows = 0;  ///< Good and rejected, without the header.
};

/// Reads `path` to its end, also if it is a pipe. Errors: InvalidArgument (not readable, or not in
/// this format), Cancelled (a stop was requested before its end). Blocking: for whoever writes it.
[[nodiscard]] eventcore::Result<RetailFile> read_retail_file(const std::filesystem::path& path,
                                                             const std::stop_token& stop);

/// The same for the bytes of a file.
[[nodiscard]] eventcore::Result<RetailFile> parse_retail_file(std::string_view bytes);

}  // namespace shop
