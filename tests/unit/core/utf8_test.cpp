#include "utf8.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace eventcore::detail {
namespace {

std::string encode(char32_t character) {
  const auto byte = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  const auto tail = [&](unsigned shift) { return byte(0x80 | ((character >> shift) & 0x3F)); };
  if (character < 0x80) return {byte(character)};
  if (character < 0x800) return {byte(0xC0 | character >> 6), tail(0)};
  if (character < 0x10000) return {byte(0xE0 | character >> 12), tail(6), tail(0)};
  return {byte(0xF0 | character >> 18), tail(12), tail(6), tail(0)};
}

TEST(Utf8, DecodesEveryCodePoint) {
  for (char32_t character = 0; character <= 0x10FFFF; ++character) {
    const std::string text = encode(character);
    const CodePoint decoded = decode_utf8(text);
    if (character >= 0xD800 && character <= 0xDFFF) {
      ASSERT_EQ(decoded.bytes, 0U) << "a surrogate";
    } else {
      ASSERT_EQ(decoded.bytes, text.size());
      ASSERT_EQ(decoded.value, character);
    }
  }
}

TEST(Utf8, DecodesNothingElse) {
  for (const std::string_view text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x9A",
        "\xC3(", "\xE2\x28\xA1", "\xE2\x82\x28"}) {
    EXPECT_EQ(decode_utf8(text).bytes, 0U) << text;
  }
}

// The same, one character after the other.
bool printable_slowly(std::string_view text) {
  while (!text.empty()) {
    const CodePoint character = decode_utf8(text);
    if (character.bytes == 0 || is_control(character.value)) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

TEST(Utf8, FindsABadByteWhereverItIs) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        for (const char filler : {' ', 'x', '~'}) {
          std::string text(size, filler);
          text[at] = static_cast<char>(byte);
          ASSERT_EQ(is_printable_utf8(text), printable_slowly(text)) << size << ' ' << at << ' ' << byte;
        }
      }
    }
  }
}

RC_GTEST_PROP(Utf8Property, AgreesWithTheSlowWay, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "a", "plain text", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x9A\x80", "\xC2\x85", "\x7F", "\t",
      "\xC3", "12345678"));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  RC_ASSERT(is_printable_utf8(text) == printable_slowly(text));
}

}  // namespace
}  // namespace eventcore::detail
