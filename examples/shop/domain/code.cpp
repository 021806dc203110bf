#include "domain/code.hpp"

#include <algorithm>
#include <charconv>

namespace shop {

std::string_view refuse_code(std::string_view text) noexcept {
  if (text.empty()) return "is empty";
  if (text.size() > kCodeBytesMax) return "is longer than 80 bytes";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) return "has a control character";
  return {};
}

eventcore::StreamId stream_of(std::string_view prefix, std::string_view code) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string name;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto byte = static_cast<unsigned char>(code[i]);
    // `%` itself is escaped, or "a%20" and "a " would meet. A blank counts at the end only, where
    // stream names are trimmed.
    const bool plain = byte >= 0x20 && byte < 0x7f &&
                       std::string_view("*?[]%").find(code[i]) == std::string_view::npos &&
                       (byte != ' ' || i + 1 < code.size());
    if (plain) {
      name += code[i];
    } else {
      name += '%';
      name += kHex[byte >> 4U];
      name += kHex[byte & 15U];
    }
  }
  return eventcore::StreamId::of(prefix, name).value();
}

std::optional<std::string> code_of(std::string_view prefix, std::string_view stream) {
  if (!stream.starts_with(prefix)) return std::nullopt;
  std::string code;
  for (std::string_view rest = stream.substr(prefix.size()); !rest.empty(); rest.remove_prefix(1)) {
    unsigned byte = static_cast<unsigned char>(rest.front());
    if (rest.front() == '%') {
      if (rest.size() < 3) return std::nullopt;
      const char* end = rest.data() + 3;
      if (std::from_chars(rest.data() + 1, end, byte, 16).ptr != end) return std::nullopt;
      rest.remove_prefix(2);
    }
    code += static_cast<char>(byte);
  }
  if (code.empty() || stream_of(prefix, code).view() != stream) return std::nullopt;
  return code;
}

}  // namespace shop
