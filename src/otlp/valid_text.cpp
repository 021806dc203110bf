#include "valid_text.hpp"

#include "../core/utf8.hpp"

namespace eventcore::detail {

bool is_utf8(std::string_view text) noexcept {
  if (is_ascii(text)) return true;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint character = decode_utf8(text.substr(i));
    if (character.bytes == 0) return false;
    i += character.bytes;
  }
  return true;
}

std::string as_utf8(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(text.size() + kReplacement.size());
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint character = decode_utf8(text.substr(i));
    if (character.bytes == 0) {
      out += kReplacement;
      ++i;
    } else {
      out += text.substr(i, character.bytes);
      i += character.bytes;
    }
  }
  return out;
}

}  // namespace eventcore::detail
