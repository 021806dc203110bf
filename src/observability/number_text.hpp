#pragma once

// Numbers as Prometheus reads them.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace eventcore::observability::detail {

/// Bytes that any number fits into.
inline constexpr std::size_t kNumberBytes = 48;

/// Writes `text` to `at` and returns its end. Requires: there is room.
inline char* put(char* at, std::string_view text) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

inline char* put(char* at, std::uint64_t value) noexcept {
  return std::to_chars(at, at + kNumberBytes, value).ptr;
}

/// Writes the shortest text that reads back as `value`. Only what is very small or very large has
/// an exponent, as in the official clients: bucket bounds are compared as text.
inline char* put(char* at, double value) noexcept {
  // Most values are counts, and integers are written several times faster.
  if (std::abs(value) < 9e15) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value) {
      return std::to_chars(at, at + kNumberBytes, whole).ptr;
    }
  }
  if (std::isnan(value)) return put(at, "NaN");
  if (std::isinf(value)) return put(at, value > 0 ? "+Inf" : "-Inf");
  const double size = std::abs(value);
  const bool is_plain = size >= 1e-4 && size < 1e21;
  return is_plain ? std::to_chars(at, at + kNumberBytes, value, std::chars_format::fixed).ptr
                  : std::to_chars(at, at + kNumberBytes, value).ptr;
}

inline void append_number(std::string& out, double value) {
  char text[kNumberBytes];
  out.append(text, put(text, value));
}

inline void append_number(std::string& out, std::uint64_t value) {
  char text[kNumberBytes];
  out.append(text, put(text, value));
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
  char text[kNumberBytes];
  out.append(text,
             std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr);
}

}  // namespace eventcore::observability::detail
