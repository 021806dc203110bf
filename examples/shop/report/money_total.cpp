#include "report/money_total.hpp"

#include <algorithm>

namespace shop {

std::string MoneyTotal::to_string() const {
  constexpr std::size_t kDecimals = 4;
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

}  // namespace shop
