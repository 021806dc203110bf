#include "replay/csv_reader.hpp"

#include <algorithm>

namespace shop {

std::optional<CsvRecord> CsvReader::next() {
  while (at_ < text_.size() && ends_line(at_)) take_until(at_);
  if (at_ == text_.size()) return std::nullopt;

  CsvRecord record;
  record.line = line_;
  std::size_t at = at_;
  while (true) {
    const std::size_t begin = at;
    std::string field;
    record.fault = read_field(at, field);
    if (!record.fault.empty()) {
      record.fields.clear();
      const std::string_view before = text_.substr(at_, begin - at_);
      record.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
      at = std::min(text_.find('\n', begin), text_.size());
      break;
    }
    record.fields.push_back(std::move(field));
    if (at == text_.size() || text_[at] != ',') break;
    ++at;
  }
  record.text = take_until(at);
  return record;
}

std::string_view CsvReader::read_field(std::size_t& at, std::string& field) const {
  if (at < text_.size() && text_[at] == '"') return read_quoted(at, field);
  const std::size_t begin = at;
  while (at < text_.size() && text_[at] != ',' && !ends_line(at)) ++at;
  field = text_.substr(begin, at - begin);
  return {};
}

std::string_view CsvReader::read_quoted(std::size_t& at, std::string& field) const {
  constexpr std::string_view kNoEnd = "a quoted field has no end";
  std::size_t lines = 1;
  for (++at;;) {
    const std::size_t mark = text_.find_first_of("\"\n", at);
    if (mark == std::string_view::npos) return kNoEnd;
    field += text_.substr(at, mark - at);
    at = mark + 1;
    if (text_[mark] == '\n') {
      if (lines++ == kQuotedLinesMax || is_row(at)) return kNoEnd;
      field += '\n';
    } else if (at < text_.size() && text_[at] == '"') {
      field += text_[at++];
    } else {
      break;
    }
  }
  if (at < text_.size() && text_[at] != ',' && !ends_line(at)) {
    return "there is text behind a quoted field";
  }
  return {};
}

bool CsvReader::is_row(std::size_t at) const {
  if (!is_row_) return false;
  const std::size_t end = std::min(text_.find('\n', at), text_.size());
  CsvReader line(text_.substr(at, end - at));
  const std::optional<CsvRecord> record = line.next();
  return record && record->fault.empty() && is_row_(record->fields);
}

bool CsvReader::ends_line(std::size_t at) const noexcept {
  return at < text_.size() && (text_[at] == '\n' || (text_[at] == '\r' && (at + 1 == text_.size() ||
                                                                           text_[at + 1] == '\n')));
}

std::string_view CsvReader::take_until(std::size_t end) {
  std::string_view taken = text_.substr(at_, end - at_);
  line_ += static_cast<std::size_t>(std::count(taken.begin(), taken.end(), '\n'));
  if (taken.ends_with('\r')) taken.remove_suffix(1);
  at_ = end;
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size() && text_[at_] == '\n') {
    ++at_;
    ++line_;
  }
  return taken;
}

}  // namespace shop
