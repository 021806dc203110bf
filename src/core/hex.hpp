#pragma once

// Hexadecimal digits, as ids are written.

#include <cstdint>
#include <string>

namespace eventcore::detail {

/// Appends the two lower-case digits of `byte`.
inline void append_hex(std::string& out, std::uint8_t byte) {
  constexpr char digits[] = "0123456789abcdef";
  out += digits[byte >> 4];
  out += digits[byte & 0xF];
}

/// The value of a lower-case digit, or -1.
constexpr int lower_hex_digit(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

/// The value of a digit of any case, or -1.
constexpr int hex_digit(char digit) noexcept {
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return lower_hex_digit(digit);
}

}  // namespace eventcore::detail
