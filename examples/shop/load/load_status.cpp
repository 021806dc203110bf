#include "load/load_status.hpp"

#include <array>
#include <cstdio>

namespace shop {

namespace {

double milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

double per_second(std::uint64_t count, std::chrono::duration<double> time) {
  return time.count() > 0 ? static_cast<double>(count) / time.count() : 0;
}

}  // namespace

std::string status_text(const LoadCounts& before, const LoadCounts& after,
                        std::chrono::duration<double> between) {
  std::array<char, 160> text;
  std::snprintf(text.data(), text.size(),
                "orders/s %6.0f   p95 %8.1f ms   refusals %6llu   failures %4llu",
                per_second(after.placed - before.placed, between),
                milliseconds((after.latency - before.latency).percentile(0.95)),
                static_cast<unsigned long long>(after.refused),
                static_cast<unsigned long long>(after.failed));
  return text.data();
}

std::string summary_text(const LoadCounts& counts, std::chrono::duration<double> elapsed) {
  std::array<char, 320> text;
  std::snprintf(
      text.data(), text.size(),
      "%llu orders placed in %.1f s (%.0f/s), %llu refused for lack of stock, %llu "
      "failures\nlatency: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms\n",
      static_cast<unsigned long long>(counts.placed), elapsed.count(),
      per_second(counts.placed, elapsed), static_cast<unsigned long long>(counts.refused),
      static_cast<unsigned long long>(counts.failed), milliseconds(counts.latency.percentile(0.5)),
      milliseconds(counts.latency.percentile(0.95)), milliseconds(counts.latency.percentile(0.99)));
  return text.data();
}

}  // namespace shop
