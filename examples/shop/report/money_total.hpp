#pragma once

/// \file
/// `MoneyTotal`: a sum of amounts that is exact however much is added.
///
/// A `Money` says when it overflows, because a command can refuse. A report of what is stored can't
/// refuse anything, so its sums have 128 bits: room for ten thousand million of the largest lines.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/money.hpp"

namespace shop {

class MoneyTotal {
 public:
  /// Adds `quantity` times `price`.
  void add(Money price, std::int64_t quantity) noexcept {
    units_ += Units{price.units()} * quantity;
  }
  /// The same without its sign.
  void add_absolute(Money price, std::int64_t quantity) noexcept {
    const Units units = Units{price.units()} * quantity;
    units_ += units < 0 ? -units : units;
  }

  void add(const MoneyTotal& other) noexcept { units_ += other.units_; }

  /// All four decimals, as `12.5000`.
  [[nodiscard]] std::string to_string() const;
  /// What `to_string` wrote; nothing for any other text.
  [[nodiscard]] static std::optional<MoneyTotal> parse(std::string_view text) noexcept;

  friend constexpr auto operator<=>(const MoneyTotal&, const MoneyTotal&) = default;

 private:
  __extension__ using Units = __int128;

  Units units_ = 0;
};

}  // namespace shop
