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
  // Most values are counts, and integers are written several times faster.
  if (std::abs(value) < 9e15) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value) {
      char text[24];
      out.append(text, std::to_chars(text, text + sizeof text, whole).ptr);
      return;
    }
  }
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  const double size = std::abs(value);
  const bool is_plain = size >= 1e-4 && size < 1e21;
  char text[64];
  const std::to_chars_result end =
      is_plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed)
               : std::to_chars(text, text + sizeof text, value);
  out.append(text, end.ptr);
}

/// Appends `value` as OpenMetrics writes a bucket's bound: always with a point or an exponent, and
/// with an exponent from a million on. Prometheus makes the same text of a bound in protobuf.
inline void append_canonical(std::string& out, double value) {
  const std::size_t before = out.size();
  const double size = std::abs(value);
  if (!std::isfinite(value) || (size < 1e6 && (size >= 1e-4 || size == 0))) {
    append_number(out, value);
    const bool is_whole = out.find_first_not_of("-0123456789", before) == std::string::npos;
    if (is_whole) out += ".0";
    return;
  }
  char text[32];
  out.append(text,
             std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr);
}

inline void append_number(std::string& out, std::uint64_t value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace eventcore::observability::detail
