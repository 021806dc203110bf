#include "base64.hpp"

#include <cstdint>

namespace eventcore::cli {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  while (!bytes.empty()) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i != 3; ++i) {
      group = group << 8U | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    }
    for (std::size_t i = 0; i != 4; ++i) {
      const std::uint32_t digit = group >> (18 - 6 * i) & 0x3FU;
      out += i <= bytes.size() ? kAlphabet[digit] : '=';
    }
    bytes.remove_prefix(bytes.size() < 3 ? bytes.size() : 3);
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (; !text.empty(); text.remove_prefix(4)) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t i = 0; i != 4; ++i) {
      const std::size_t digit = kAlphabet.find(text[i]);
      const bool pad = text[i] == '=' && i >= 2 && text.size() == 4;
      if (digit == std::string_view::npos ? !pad : padding != 0) return std::nullopt;
      padding += pad ? 1 : 0;
      group = group << 6U | (pad ? 0U : static_cast<std::uint32_t>(digit));
    }
    // Bits behind the last byte are zero, so that each text stands for other bytes.
    if ((padding == 1 && (group & 0xFFU) != 0) || (padding == 2 && (group & 0xFFFFU) != 0)) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i != 3 - padding; ++i) {
      out += static_cast<char>(group >> (16 - 8 * i) & 0xFFU);
    }
  }
  return out;
}

}  // namespace eventcore::cli
