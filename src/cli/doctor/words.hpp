#pragma once

/// \file
/// Numbers in findings, for people.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

namespace eventcore::cli::doctor {

[[nodiscard]] inline double seconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

[[nodiscard]] inline std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// `0.4 ms`, `80 ms`, `12 s`, `5 min`, `26 h`, `12 d`.
[[nodiscard]] inline std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "-";
  if (seconds < 0.01) return formatted("%.1f ms", seconds * 1e3);
  if (seconds < 1) return formatted("%.0f ms", seconds * 1e3);
  if (seconds < 10) return formatted("%.1f s", seconds);
  if (seconds < 120) return formatted("%.0f s", seconds);
  if (seconds < 7'200) return formatted("%.0f min", seconds / 60);
  if (seconds < 172'800) return formatted("%.0f h", seconds / 3'600);
  return formatted("%.0f d", seconds / 86'400);
}

[[nodiscard]] inline std::string percent_text(double share) {
  return formatted(share < 0.0995 ? "%.1f %%" : "%.0f %%", share * 100);
}

/// `512 B`, `3.4 MiB`, `12 GiB`.
[[nodiscard]] inline std::string bytes_text(double bytes) {
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  for (; bytes >= 1'024 && unit + 1 != std::size(units); ++unit) bytes /= 1'024;
  return formatted(unit == 0 || bytes >= 99.5 ? "%.0f " : "%.1f ", bytes) + units[unit];
}

[[nodiscard]] inline std::string number_text(double value) {
  return formatted(value < 10 && value != std::floor(value) ? "%.2f" : "%.0f", value);
}

}  // namespace eventcore::cli::doctor
