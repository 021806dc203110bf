#include "json_scanner.hpp"

#include <array>
#include <cstdint>

namespace eventcore::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The continuation bytes that follow a first byte, and the range of the first of them; the others
/// are from 0x80 to 0xBF. Overlong forms and surrogates are outside of the ranges.
struct Utf8Form {
  std::uint8_t lead_min, lead_max, more, next_min, next_max;
};
constexpr std::array<Utf8Form, 8> kUtf8Forms{{{0xC2, 0xDF, 1, 0x80, 0xBF},
                                              {0xE0, 0xE0, 2, 0xA0, 0xBF},
                                              {0xE1, 0xEC, 2, 0x80, 0xBF},
                                              {0xED, 0xED, 2, 0x80, 0x9F},
                                              {0xEE, 0xEF, 2, 0x80, 0xBF},
                                              {0xF0, 0xF0, 3, 0x90, 0xBF},
                                              {0xF1, 0xF3, 3, 0x80, 0xBF},
                                              {0xF4, 0xF4, 3, 0x80, 0x8F}}};

/// The bytes of the character that `text` begins with, which is not ASCII; 0 if it is not UTF-8.
std::size_t utf8_bytes(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  for (const Utf8Form& form : kUtf8Forms) {
    if (byte(0) < form.lead_min || byte(0) > form.lead_max) continue;
    if (text.size() <= form.more) return 0;
    if (byte(1) < form.next_min || byte(1) > form.next_max) return 0;
    for (std::size_t i = 2; i <= form.more; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) return 0;
    }
    return std::size_t{1} + form.more;
  }
  return 0;
}

}  // namespace

bool JsonScanner::scan() {
  do {
    skip_space();
    if (!begin_value()) return false;
  } while (!end_values());
  return ended() && closers_.empty();
}

std::string JsonScanner::message() const {
  std::string message = "invalid JSON in column " + std::to_string(at_ + 1);
  const char c = peek();
  if (ended()) return message + ", where it ends";
  if (text_.substr(at_).starts_with(kByteOrderMark)) return message + ", a byte order mark";
  return c > ' ' && c <= '~' ? message + ", near '" + c + "'" : message;
}

bool JsonScanner::take(char expected) noexcept {
  if (ended() || text_[at_] != expected) return false;
  ++at_;
  return true;
}

bool JsonScanner::take_any(std::string_view expected) noexcept {
  if (ended() || expected.find(text_[at_]) == std::string_view::npos) return false;
  ++at_;
  return true;
}

bool JsonScanner::digits() noexcept {
  const std::size_t begin = at_;
  while (take_any("0123456789")) continue;
  return at_ != begin;
}

void JsonScanner::skip_space() noexcept {
  while (take_any(" \t\r\n")) continue;
}

/// Reads a scalar or an empty container; or opens a container up to its first value.
bool JsonScanner::begin_value() {
  while (peek() == '{' || peek() == '[') {
    const char closer = text_[at_++] == '{' ? '}' : ']';
    skip_space();
    if (take(closer)) return true;
    closers_ += closer;
    if (closer == '}' && !key()) return false;
  }
  return scalar();
}

/// Behind a value: closes containers. False if another value follows, true at the end or where the
/// text is wrong.
bool JsonScanner::end_values() {
  while (true) {
    skip_space();
    if (closers_.empty()) return true;
    if (take(',')) {
      skip_space();
      return closers_.back() == '}' && !key();
    }
    if (!take(closers_.back())) return true;
    closers_.pop_back();
  }
}

bool JsonScanner::key() noexcept {
  if (peek() != '"' || !string()) return false;
  skip_space();
  if (!take(':')) return false;
  skip_space();
  return true;
}

bool JsonScanner::scalar() noexcept {
  switch (peek()) {
    case '"':
      return string();
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default:
      return number();
  }
}

bool JsonScanner::literal(std::string_view word) noexcept {
  for (const char c : word) {
    if (!take(c)) return false;
  }
  return true;
}

bool JsonScanner::number() noexcept {
  static_cast<void>(take('-'));
  if (!take('0') && !digits()) return false;
  if (take('.') && !digits()) return false;
  if (!take_any("eE")) return true;
  static_cast<void>(take_any("+-"));
  return digits();
}

bool JsonScanner::string() noexcept {
  ++at_;
  while (!take('"')) {
    if (!character()) return false;
  }
  return true;
}

bool JsonScanner::character() noexcept {
  if (ended()) return false;
  const auto byte = static_cast<unsigned char>(text_[at_]);
  if (byte < 0x20) return false;
  if (byte == '\\') return escape();
  const std::size_t bytes = byte < 0x80 ? 1 : utf8_bytes(text_.substr(at_));
  at_ += bytes;
  return bytes != 0;
}

bool JsonScanner::escape() noexcept {
  ++at_;
  if (take_any("\"\\/bfnrt")) return true;
  unsigned unit = 0;
  if (!take('u') || !code_unit(unit)) return false;
  if (unit < 0xD800 || unit > 0xDFFF) return true;
  unsigned low = 0;
  return unit <= 0xDBFF && take('\\') && take('u') && code_unit(low) && low >= 0xDC00 &&
         low <= 0xDFFF;
}

bool JsonScanner::code_unit(unsigned& unit) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  unit = 0;
  for (int i = 0; i != 4; ++i) {
    const auto c = static_cast<char>(peek() >= 'A' && peek() <= 'F' ? peek() + 32 : peek());
    const std::size_t digit = kHex.find(c);
    if (digit == std::string_view::npos || ended()) return false;
    unit = unit << 4U | static_cast<unsigned>(digit);
    ++at_;
  }
  return true;
}

}  // namespace eventcore::cli
