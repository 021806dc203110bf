#include "table.hpp"

#include <algorithm>
#include <utility>

#include "eventcore/assert.hpp"

namespace eventcore::cli {
namespace {

constexpr std::string_view kGap = "  ";

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

}  // namespace

Table::Table(std::vector<Column> columns, bool cut)
    : columns_(std::move(columns)), cut_(cut), widths_(columns_.size()) {
  for (std::size_t i = 0; i != columns_.size(); ++i) widths_[i] = columns_[i].title.size();
}

void Table::add(std::vector<std::string> row) {
  EVENTCORE_ASSERT(row.size() == columns_.size(), "a row has a cell for each column");
  for (std::size_t i = 0; i != row.size(); ++i) {
    row[i] = printable(row[i]);
    widths_[i] = std::max(widths_[i], columns_of(row[i]));
  }
  rows_.push_back(std::move(row));
}

void Table::print(Console& console) {
  if (rows_.empty()) return;
  if (!header_printed_) {
    std::vector<std::string> titles;
    for (const Column& column : columns_) titles.emplace_back(column.title);
    print_row(console, titles);
    header_printed_ = true;
  }
  for (const std::vector<std::string>& row : rows_) print_row(console, row);
  rows_.clear();
}

void Table::print_row(Console& console, const std::vector<std::string>& row) const {
  std::string line;
  for (std::size_t i = 0; i != row.size(); ++i) {
    if (i != 0) line += kGap;
    const std::size_t padding = widths_[i] - columns_of(row[i]);
    if (columns_[i].align == Column::Align::Right) line.append(padding, ' ');
    line += row[i];
    const bool last = i + 1 == row.size();
    if (columns_[i].align == Column::Align::Left && !last) line.append(padding, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  console.line(cut_ && console.width() != 0 ? cut_to(line, console.width()) : line);
}

std::size_t columns_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns == 0 || columns_of(text) <= columns) return std::string(text);
  std::size_t end = 0;
  for (std::size_t kept = 0; end != text.size(); ++end) {
    if (begins_character(text[end]) && ++kept == columns) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace eventcore::cli
