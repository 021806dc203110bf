#include "eventcore/logging/log_level.hpp"

#include <array>

namespace eventcore {

namespace {

constexpr std::array<std::string_view, kLogLevels + 1> kNames = {"trace", "debug", "info",
                                                                 "warn",  "error", "off"};

bool is_same(std::string_view text, std::string_view name) noexcept {
  if (text.size() != name.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != name[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
  return kNames[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (is_same(text, kNames[i])) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

}  // namespace eventcore
