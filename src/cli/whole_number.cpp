#include "whole_number.hpp"

#include <charconv>
#include <cstdint>

namespace eventcore::cli {

std::string whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end) return {};
  return "'" + text + "' is no integer from 0 to 18446744073709551615";
}

}  // namespace eventcore::cli
