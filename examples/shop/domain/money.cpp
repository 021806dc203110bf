#include "domain/money.hpp"

namespace shop {

namespace {

constexpr std::size_t kDecimals = 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Appends a digit to `units`. The number is built on the negative side, which is one larger.
bool append_digit(std::int64_t& units, int digit) {
  return !__builtin_mul_overflow(units, std::int64_t{10}, &units) &&
         !__builtin_sub_overflow(units, std::int64_t{digit}, &units);
}

}  // namespace

std::optional<Money> Money::parse(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);

  std::int64_t units = 0;
  std::size_t digits = 0;
  std::size_t decimals = 0;
  bool after_point = false;
  for (const char c : text) {
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (!is_digit(c)) return std::nullopt;
    ++digits;
    if (after_point && decimals == kDecimals) {
      if (c != '0') return std::nullopt;
      continue;
    }
    if (after_point) ++decimals;
    if (!append_digit(units, c - '0')) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  for (; decimals < kDecimals; ++decimals) {
    if (!append_digit(units, 0)) return std::nullopt;
  }
  if (!negative && __builtin_sub_overflow(std::int64_t{0}, units, &units)) return std::nullopt;
  return Money(units);
}

std::string Money::to_string() const {
  // Unsigned, because the smallest integer has no positive counterpart.
  const bool negative = units_ < 0;
  const std::uint64_t size =
      negative ? ~static_cast<std::uint64_t>(units_) + 1 : static_cast<std::uint64_t>(units_);
  std::string fraction = std::to_string(size % kUnitsPerWhole);
  fraction.insert(0, kDecimals - fraction.size(), '0');
  return (negative ? "-" : "") + std::to_string(size / kUnitsPerWhole) + "." + fraction;
}

std::optional<Money> add(Money a, Money b) noexcept {
  std::int64_t units = 0;
  if (__builtin_add_overflow(a.units(), b.units(), &units)) return std::nullopt;
  return Money::of_units(units);
}

std::optional<Money> multiply(Money price, std::int64_t quantity) noexcept {
  std::int64_t units = 0;
  if (__builtin_mul_overflow(price.units(), quantity, &units)) return std::nullopt;
  return Money::of_units(units);
}

std::optional<Money> absolute(Money amount) noexcept {
  return amount < Money() ? multiply(amount, -1) : amount;
}

}  // namespace shop

eventcore::Result<shop::Money> eventcore::Representation<shop::Money>::from(
    std::string_view stored) {
  const std::optional<shop::Money> amount = shop::Money::parse(stored);
  if (!amount) return make_error(ErrorCode::InvalidArgument, "this is not an amount of money");
  return *amount;
}
