#include "replay/csv_reader.hpp"

#include <algorithm>

namespace shop {

std::optional<CsvRecord> CsvReader::next() {
  while (at_ < text_.size() && ends_line(at_)) take_until(at_);
  if (at_ == text_.size()) return std::nullopt;

  CsvRecord record;
  record.line = line_;
  std::size_t at = at_;
  while (record.fault.empty()) {
    std::string field;
    record.fault = read_field(at, field);
    if (!record.fault.empty()) {
      record.fields.clear();
      at = std::min(text_.find('\n', at_), text_.size());
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
  if (at == text_.size() || text_[at] != '"') {
    const std::size_t begin = at;
    while (at < text_.size() && text_[at] != ',' && !ends_line(at)) ++at;
    field = text_.substr(begin, at - begin);
    return {};
  }
  for (++at;; ++at) {
    const std::size_t quote = text_.find('"', at);
    if (quote == std::string_view::npos) return "a quoted field has no end";
    field += text_.substr(at, quote - at);
    at = quote + 1;
    if (at == text_.size() || text_[at] != '"') break;
    field += '"';
  }
  if (at < text_.size() && text_[at] != ',' && !ends_line(at)) {
    return "there is text behind a quoted field";
  }
  return {};
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
