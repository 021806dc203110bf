#include "analysis.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <vector>

namespace eventcore::monitor::detail {

namespace {

/// Levels below these count as these: see `TrendRules::level_min`.
constexpr double kRateMin = 0.1;        // a second
constexpr double kLatencyMin = 0.01;    // milliseconds
constexpr double kErrorRateMin = 1e-3;  // a share
constexpr double kMemoryMin = 1;        // MiB

TrendFinding trend_of(std::span<const PerformanceSnapshot> snapshots,
                      double PerformanceSnapshot::*field, double level_min) {
  std::vector<TrendSample> samples;
  samples.reserve(snapshots.size());
  for (const PerformanceSnapshot& snapshot : snapshots) {
    if (snapshot.window.count() <= 0) continue;
    samples.push_back({snapshot.timestamp, snapshot.*field});
    // Nothing failed where nothing ran, but that is no news of the error rate.
    if (field == &PerformanceSnapshot::error_rate && snapshot.commands_per_second <= 0) {
      samples.back().value = std::numeric_limits<double>::quiet_NaN();
    }
  }
  return find_trend(samples, {.level_min = level_min});
}

std::string percent(double change) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f %%", std::abs(change) * 100);
  return text;
}

std::string clock_time(Timestamp at) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d UTC", utc.tm_hour % 24, utc.tm_min % 60);
  return text;
}

std::string span_of(const TrendFinding& finding) {
  const auto length = std::chrono::round<std::chrono::seconds>(finding.to - finding.from);
  if (length < std::chrono::seconds(90)) return std::to_string(length.count()) + " s";
  return std::to_string(std::chrono::round<std::chrono::minutes>(length).count()) + " min";
}

void tell(std::string& text, const char* what, const TrendFinding& finding) {
  if (finding.trend != Trend::Increasing && finding.trend != Trend::Decreasing) return;
  if (!text.empty()) text += "; ";
  text.append(what).append(finding.trend == Trend::Increasing ? " rose " : " fell ");
  // From nothing, no share says how far.
  const bool from_nothing = std::abs(finding.change) >= 10;
  char levels[64];
  std::snprintf(levels, sizeof levels, "from %.3g to %.3g", finding.before, finding.after);
  text.append(from_nothing ? std::string(levels) : percent(finding.change));
  text.append(" over ").append(span_of(finding));
  if (finding.since) text.append(", since ").append(clock_time(*finding.since));
}

}  // namespace

TrendAnalysis analyse(std::span<const PerformanceSnapshot> snapshots) {
  TrendAnalysis result;
  result.throughput = trend_of(snapshots, &PerformanceSnapshot::commands_per_second, kRateMin);
  result.latency = trend_of(snapshots, &PerformanceSnapshot::avg_latency_ms, kLatencyMin);
  result.p95_latency = trend_of(snapshots, &PerformanceSnapshot::p95_latency_ms, kLatencyMin);
  result.error_rate = trend_of(snapshots, &PerformanceSnapshot::error_rate, kErrorRateMin);
  result.memory = trend_of(snapshots, &PerformanceSnapshot::memory_usage_mb, kMemoryMin);
  result.conflicts = trend_of(snapshots, &PerformanceSnapshot::conflicts_per_second, kRateMin);
  result.throughput_trend = result.throughput.trend;
  result.latency_trend = result.latency.trend;
  result.error_rate_trend = result.error_rate.trend;
  result.memory_trend = result.memory.trend;
  return result;
}

std::string summarise(const TrendAnalysis& analysis, const std::string& hot_stream) {
  if (analysis.throughput_trend == Trend::InsufficientData) {
    return "too few snapshots: " + std::to_string(analysis.throughput.samples) + " of " +
           std::to_string(kTrendSamplesMin);
  }
  std::string text;
  tell(text, "throughput", analysis.throughput);
  const bool p95_moved = analysis.p95_latency.trend == Trend::Increasing ||
                         analysis.p95_latency.trend == Trend::Decreasing;
  if (p95_moved) {
    tell(text, "p95 latency", analysis.p95_latency);
  } else {
    tell(text, "average latency", analysis.latency);
  }
  tell(text, "error rate", analysis.error_rate);
  tell(text, "memory", analysis.memory);
  if (analysis.conflicts.trend == Trend::Increasing) {
    if (text.empty()) {
      tell(text, "conflicts", analysis.conflicts);
      if (!hot_stream.empty()) text += ", most of them on " + hot_stream;
    } else {
      text += ", together with conflicts";
      if (!hot_stream.empty()) text += " on " + hot_stream;
    }
  }
  if (!text.empty()) return text;
  return "stable over " + span_of(analysis.throughput);
}

}  // namespace eventcore::monitor::detail
