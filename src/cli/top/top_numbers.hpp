#pragma once

/// \file
/// Numbers as `eventcore top` shows them: short, and "-" where there is none.

#include <cmath>
#include <cstdio>
#include <string>

namespace eventcore::cli {

[[nodiscard]] inline std::string formatted(const char* format, double value) {
  if (!std::isfinite(value)) return "-";
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// Three digits or so: 0.123, 12.3, 1234.
[[nodiscard]] inline std::string shortened(double value) {
  const double size = std::abs(value);
  if (size != 0 && size < 0.0995) return formatted("%.3f", value);
  if (size < 9.95) return formatted("%.2f", value);
  return formatted(size < 99.5 ? "%.1f" : "%.0f", value);
}

[[nodiscard]] inline std::string whole(double value) { return formatted("%.0f", value); }

[[nodiscard]] inline std::string seconds_text(double seconds) {
  return std::isfinite(seconds) ? shortened(seconds) + " s" : "-";
}

}  // namespace eventcore::cli
