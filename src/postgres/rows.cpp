#include "rows.hpp"

namespace eventcore::postgres {

// See `Parameters::add` for the form.
std::vector<std::string_view> Rows::array(int row, int column) const {
  std::vector<std::string_view> elements;
  const std::string_view value = bytes(row, column);
  if (value.size() < 20) return elements;
  const auto count = big_endian<std::int32_t>(value.data() + 12);
  const char* at = value.data() + 20;
  const char* const end = value.data() + value.size();
  elements.reserve(static_cast<std::size_t>(count));
  for (std::int32_t i = 0; i < count && end - at >= 4; ++i) {
    const auto length = big_endian<std::int32_t>(at);
    at += 4;
    if (length < 0 || length > end - at) {
      elements.emplace_back();
      continue;
    }
    elements.emplace_back(at, static_cast<std::size_t>(length));
    at += length;
  }
  return elements;
}

std::vector<std::int64_t> Rows::numbers(int row, int column) const {
  std::vector<std::int64_t> numbers;
  for (const std::string_view element : array(row, column)) {
    numbers.push_back(element.size() == 8   ? big_endian<std::int64_t>(element.data())
                      : element.size() == 4 ? big_endian<std::int32_t>(element.data())
                                            : 0);
  }
  return numbers;
}

}  // namespace eventcore::postgres
