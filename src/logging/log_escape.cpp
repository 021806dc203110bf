#include "log_escape.hpp"

#include <cstdint>
#include <cstring>

#include "../core/hex.hpp"
#include "../core/utf8.hpp"

namespace eventcore::detail {

namespace {

/// Marks bytes that are not printable ASCII, or a quote or backslash; none is missed.
constexpr std::uint64_t special_bytes(std::uint64_t word) noexcept {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  const std::uint64_t quote = word ^ (kEach * '"');
  const std::uint64_t backslash = word ^ (kEach * '\\');
  return ((quote - kEach) | (backslash - kEach) | (word - 0x20 * kEach) | (word + kEach) | word) &
         (0x80 * kEach);
}

constexpr bool is_plain(unsigned char c) noexcept {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/// Bytes at the beginning of `text` that are written as they are.
std::size_t plain_bytes(std::string_view text) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    if (special_bytes(word) != 0) break;
  }
  while (i < text.size() && is_plain(static_cast<unsigned char>(text[i]))) ++i;
  return i;
}

/// Changes what people see without being seen, or ends a line in some readers.
constexpr bool is_deceptive(char32_t c) noexcept {
  return is_control(c) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void append_u(LineBuffer& to, char32_t c) {
  char* const at = to.room(6);
  at[0] = '\\';
  at[1] = 'u';
  for (int i = 0; i < 4; ++i) at[2 + i] = kHexDigits[(c >> (12 - 4 * i)) & 0xF];
  to.advance(6);
}

/// Appends the character at the beginning of `text`; returns its bytes.
std::size_t append_character(LineBuffer& to, std::string_view text) {
  const CodePoint character = decode_utf8(text);
  if (character.bytes == 0) {
    to.append("\xEF\xBF\xBD");
    return 1;
  }
  switch (character.value) {
    case '"':
      to.append("\\\"");
      break;
    case '\\':
      to.append("\\\\");
      break;
    case '\n':
      to.append("\\n");
      break;
    case '\r':
      to.append("\\r");
      break;
    case '\t':
      to.append("\\t");
      break;
    default:
      if (is_deceptive(character.value)) {
        append_u(to, character.value);
      } else {
        to.append(text.substr(0, character.bytes));
      }
  }
  return character.bytes;
}

constexpr bool is_word(unsigned char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == ':' || c == '/' || c == '@' || c == '+' || c == '*';
}

bool contains_ignoring_case(std::string_view text, std::string_view word) noexcept {
  for (std::size_t i = 0; i + word.size() <= text.size(); ++i) {
    std::size_t same = 0;
    while (same < word.size() && (text[i + same] | 0x20) == word[same]) ++same;
    if (same == word.size()) return true;
  }
  return false;
}

}  // namespace

void append_escaped(LineBuffer& to, std::string_view text) {
  while (!text.empty()) {
    const std::size_t plain = plain_bytes(text);
    to.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_character(to, text));
  }
}

void append_text_value(LineBuffer& to, std::string_view text) {
  std::size_t word = 0;
  while (word < text.size() && is_word(static_cast<unsigned char>(text[word]))) ++word;
  if (word == text.size() && word != 0) return to.append(text);
  to.push('"');
  append_escaped(to, text);
  to.push('"');
}

bool may_hold_secret(std::string_view text) noexcept {
  if (text.find(':') != text.npos &&
      (text.find("://") != text.npos || contains_ignoring_case(text, "postgres"))) {
    return true;
  }
  return text.find('=') != text.npos && contains_ignoring_case(text, "password");
}

}  // namespace eventcore::detail
