#pragma once

// Numbers as Prometheus reads them.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace eventcore::observability::detail {

/// Appends the shortest text that reads back as `value`. Only what is very small or very large has
/// an exponent, as in the official clients: bucket bounds are compared as text.
inline void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  const double size = std::abs(value);
  const bool is_plain = size == 0 || (size >= 1e-4 && size < 1e21);
  char text[64];
  const std::to_chars_result end =
      is_plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed)
               : std::to_chars(text, text + sizeof text, value);
  out.append(text, end.ptr);
}

inline void append_number(std::string& out, std::uint64_t value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace eventcore::observability::detail
