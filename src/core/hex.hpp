#pragma once

// Hexadecimal digits, as ids are written.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace eventcore::detail {

inline constexpr char kHexDigits[] = "0123456789abcdef";

/// The two lower-case digits of each byte.
inline constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {kHexDigits[byte >> 4U], kHexDigits[byte & 0xFU]};
  }
  return pairs;
}();

/// Writes the two digits of each of `size` bytes; returns the end of what it wrote.
inline char* put_hex(char* to, const std::uint8_t* bytes, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i, to += 2) std::memcpy(to, kHexPairs[bytes[i]].data(), 2);
  return to;
}

/// The characters of an id with its dashes.
inline constexpr std::size_t kUuidCharacters = 36;

/// Writes the 16 bytes of an id as its `kUuidCharacters` characters.
inline void put_uuid(char* to, const std::uint8_t* bytes) noexcept {
  to = put_hex(to, bytes, 4);
  for (std::size_t i = 4; i < 10; i += 2) {
    *to++ = '-';
    to = put_hex(to, bytes + i, 2);
  }
  *to++ = '-';
  put_hex(to, bytes + 10, 6);
}

/// Appends the two lower-case digits of `byte`.
inline void append_hex(std::string& out, std::uint8_t byte) {
  out.append(kHexPairs[byte].data(), 2);
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
