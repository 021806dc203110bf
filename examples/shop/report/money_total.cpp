#include "report/money_total.hpp"

#include <algorithm>

namespace shop {

namespace {

constexpr std::size_t kDecimals = 4;

}  // namespace

std::string MoneyTotal::to_string() const {
  std::string text;  // from its end
  for (Units rest = units_; rest != 0 || text.size() <= kDecimals; rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    text += static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  text.insert(kDecimals, 1, '.');
  if (units_ < 0) text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

std::optional<MoneyTotal> MoneyTotal::parse(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  // More digits than those of 128 bits are not from here.
  if (text.size() < kDecimals + 2 || text.size() > 38) return std::nullopt;
  const std::size_t point = text.size() - kDecimals - 1;
  Units units = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == point) {
      if (text[i] != '.') return std::nullopt;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    units = units * 10 + (text[i] - '0');
  }
  MoneyTotal total;
  total.units_ = negative ? -units : units;
  return total;
}

}  // namespace shop
