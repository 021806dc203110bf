#pragma once

// Numbers as Prometheus reads them.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace eventcore::observability::detail {

/// Appends the shortest text that reads back as `value`; whole numbers without an exponent.
inline void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  constexpr double kExactMax = 9007199254740992.0;  // 2^53
  char text[32];
  const bool whole = std::abs(value) < kExactMax && value == std::trunc(value);
  const std::to_chars_result end =
      whole ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value))
            : std::to_chars(text, text + sizeof text, value);
  out.append(text, end.ptr);
}

inline void append_number(std::string& out, std::uint64_t value) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace eventcore::observability::detail
