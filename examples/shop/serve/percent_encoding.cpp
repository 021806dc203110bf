#include "serve/percent_encoding.hpp"

namespace shop {

std::string encode_segment(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string segment;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      segment += c;
    } else {
      segment += '%';
      segment += kHex[byte >> 4U];
      segment += kHex[byte & 15U];
    }
  }
  return segment;
}

}  // namespace shop
