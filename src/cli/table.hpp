#pragma once

/// \file
/// `Table`: rows for people, in aligned columns under a header.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "console.hpp"

namespace eventcore::cli {

/// One column of a table.
struct Column {
  enum class Align : std::uint8_t { Left, Right };

  std::string_view title;
  Align align = Align::Left;
};

/// Prints its rows page by page: a page's columns are as wide as its cells need, and never
/// narrower than the page's before. Thread-safety: One thread at a time.
class Table {
 public:
  /// With `cut`, lines end at the edge of a terminal.
  Table(std::vector<Column> columns, bool cut);

  /// Adds a row with a cell for each column.
  void add(std::vector<std::string> row);
  /// Prints and forgets the rows, below the header the first time.
  void print(Console& console);

 private:
  void print_row(Console& console, const std::vector<std::string>& row) const;

  const std::vector<Column> columns_;
  const bool cut_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
  bool header_printed_ = false;
};

/// Terminal columns that `text` takes: its code points.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// `text`, or its beginning and `…`, in at most `columns` terminal columns.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t columns);

}  // namespace eventcore::cli
