#pragma once

/// \file
/// `Money`: an exact amount with four decimals.
///
/// It counts ten-thousandths in an integer, so sums have no rounding error, and arithmetic says
/// when it overflows instead of wrapping. There is one currency.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <eventcore/representation.hpp>

namespace shop {

class Money {
 public:
  static constexpr std::int64_t kUnitsPerWhole = 10'000;

  constexpr Money() = default;
  [[nodiscard]] static constexpr Money of_units(std::int64_t ten_thousandths) {
    return Money(ten_thousandths);
  }
  /// The amount written as a decimal such as `-12.5`; more than four decimals only if the rest is
  /// zero. Nothing for any other text and for amounts that do not fit.
  [[nodiscard]] static std::optional<Money> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr std::int64_t units() const noexcept { return units_; }
  /// All four decimals, as `12.5000`.
  [[nodiscard]] std::string to_string() const;
  /// For metrics, which are approximate anyway.
  [[nodiscard]] double approximate() const noexcept {
    return static_cast<double>(units_) / static_cast<double>(kUnitsPerWhole);
  }

  friend constexpr auto operator<=>(Money, Money) = default;

 private:
  constexpr explicit Money(std::int64_t units) : units_(units) {}

  std::int64_t units_ = 0;
};

// Nothing if the result does not fit.
[[nodiscard]] std::optional<Money> add(Money a, Money b) noexcept;
[[nodiscard]] std::optional<Money> multiply(Money price, std::int64_t quantity) noexcept;
[[nodiscard]] std::optional<Money> absolute(Money amount) noexcept;

}  // namespace shop

/// In events, money is a decimal string: exact in JSON, and readable for whoever looks into a
/// store.
template <>
struct eventcore::Representation<shop::Money> {
  using Type = std::string;
  static Result<shop::Money> from(std::string_view stored);
  static std::string to(shop::Money amount) { return amount.to_string(); }
};
