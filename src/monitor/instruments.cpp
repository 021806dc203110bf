#include "instruments.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "eventcore/observability/catalogue.hpp"

namespace eventcore::monitor::detail {

namespace {

using namespace observability;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr auto kLagInterval = std::chrono::seconds(5);

const std::vector<std::string>& names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> result;
    for (const MetricDescription* metric :
         {&catalogue::kCommandsTotal, &catalogue::kCommandErrorsTotal,
          &catalogue::kCommandOutcomesTotal, &catalogue::kCommandRetriesTotal,
          &catalogue::kAppendConflictsTotal, &catalogue::kEventsWrittenTotal,
          &catalogue::kActiveStreams, &catalogue::kMemoryUsageBytes, &catalogue::kAppendQueueDepth,
          &catalogue::kProcessCpuSecondsTotal, &catalogue::kCommandDurationSeconds,
          &catalogue::kCommitSeconds}) {
      result.emplace_back(metric->name);
    }
    return result;
  }();
  return kNames;
}

/// The sum of the series of a family; of those whose last label is `value`, if given.
double total(const MetricsSnapshot& snapshot, const MetricDescription& description,
             std::string_view value = {}) {
  const FamilySnapshot* const family = snapshot.find(description.name);
  double sum = 0;
  if (family == nullptr) return sum;
  for (const SeriesSnapshot& series : family->series) {
    if (value.empty() || series.labels->values.back() == value) sum += series.value;
  }
  return sum;
}

/// Adds a histogram that has no exponential buckets. Series with other bounds than the first are
/// left out: they can't be added.
void add_bounded(const MetricDescription& description, const HistogramValue& histogram,
                 Distribution& all) {
  if (all.bounds.empty()) {
    all.bounds.assign(description.buckets.begin(), description.buckets.end());
    all.bounded.assign(all.bounds.size() + 1, 0);
  }
  if (histogram.buckets.size() != all.bounded.size()) return;
  for (std::size_t i = 0; i < all.bounded.size(); ++i) all.bounded[i] += histogram.buckets[i];
  all.count += histogram.count();
  all.sum += histogram.sum;
}

Distribution distribution(const MetricsSnapshot& snapshot, const MetricDescription& description) {
  Distribution all;
  const FamilySnapshot* const family = snapshot.find(description.name);
  if (family == nullptr) return all;
  for (const SeriesSnapshot& series : family->series) {
    if (series.histogram == nullptr) continue;
    if (!series.histogram->native) {
      add_bounded(*family->description, *series.histogram, all);
      continue;
    }
    const NativeHistogram& native = *series.histogram->native;
    all.zeros += native.zero_count;
    all.zero_threshold = native.zero_threshold;
    all.schema = native.schema;
    all.count += series.histogram->count();
    all.sum += series.histogram->sum;
    for (const NativeHistogram::Bucket& bucket : native.buckets) {
      all.buckets[bucket.index] += bucket.count;
    }
  }
  return all;
}

double greatest_lag(const MetricsSnapshot& snapshot) {
  const FamilySnapshot* const family = snapshot.find(catalogue::kProjectionLagSeconds.name);
  double greatest = kNone;
  if (family == nullptr) return greatest;
  for (const SeriesSnapshot& series : family->series) {
    if (std::isnan(series.value)) continue;
    greatest = std::isnan(greatest) ? series.value : std::max(greatest, series.value);
  }
  return greatest;
}

/// As `histogram_quantile` of Prometheus: values are taken to be spread evenly over a bucket.
double bounded_quantile(const Distribution& before, const Distribution& after, double q) {
  const bool comparable = before.bounds == after.bounds;
  std::vector<std::uint64_t> added = after.bounded;
  for (std::size_t i = 0; comparable && i < added.size(); ++i) {
    added[i] -= std::min(added[i], before.bounded[i]);
  }
  const std::uint64_t count = std::accumulate(added.begin(), added.end(), std::uint64_t{0});
  if (count == 0) return kNone;
  const auto rank = std::max<double>(1, std::ceil(q * static_cast<double>(count)));
  double below = 0;
  for (std::size_t i = 0; i < after.bounds.size(); ++i) {
    const auto here = static_cast<double>(added[i]);
    if (rank <= below + here) {
      const double low = i == 0 ? 0 : after.bounds[i - 1];
      return low + (after.bounds[i] - low) * (rank - below) / here;
    }
    below += here;
  }
  return after.bounds.empty() ? kNone : after.bounds.back();
}

double average(const Distribution& before, const Distribution& after) {
  if (after.count <= before.count) return kNone;
  return (after.sum - before.sum) / static_cast<double>(after.count - before.count);
}

}  // namespace

Reading reading_of(const MetricsSnapshot& snapshot) {
  Reading reading;
  reading.commands = total(snapshot, catalogue::kCommandsTotal);
  reading.errors = total(snapshot, catalogue::kCommandErrorsTotal);
  reading.rejections =
      total(snapshot, catalogue::kCommandOutcomesTotal, to_string(CommandOutcome::Rejected));
  reading.retries = total(snapshot, catalogue::kCommandRetriesTotal);
  reading.conflicts = total(snapshot, catalogue::kAppendConflictsTotal);
  reading.events = total(snapshot, catalogue::kEventsWrittenTotal);
  reading.active_streams = total(snapshot, catalogue::kActiveStreams);
  reading.memory_bytes = total(snapshot, catalogue::kMemoryUsageBytes);
  reading.cpu_seconds = snapshot.find(catalogue::kProcessCpuSecondsTotal.name) == nullptr
                            ? kNone
                            : total(snapshot, catalogue::kProcessCpuSecondsTotal);
  reading.queue_depth = total(snapshot, catalogue::kAppendQueueDepth);
  reading.latency = distribution(snapshot, catalogue::kCommandDurationSeconds);
  reading.commit = distribution(snapshot, catalogue::kCommitSeconds);
  reading.lag_seconds = greatest_lag(snapshot);
  return reading;
}

Reading read_instruments(const MetricsService& metrics, const Reading* before) {
  const Instant at = metrics.clock().now();
  const Timestamp wall = metrics.clock().wall();
  Reading reading = reading_of(metrics.registry().snapshot({.names = names(), .native = true}));
  reading.at = at;
  reading.wall = wall;
  if (before != nullptr && at - before->lag_read_at < kLagInterval) {
    reading.lag_seconds = before->lag_seconds;
    reading.lag_read_at = before->lag_read_at;
  } else {
    reading.lag_seconds = greatest_lag(metrics.registry().snapshot(
        {.names = {std::string(catalogue::kProjectionLagSeconds.name)}}));
    reading.lag_read_at = at;
  }
  return reading;
}

double quantile(const Distribution& before, const Distribution& after, double q) {
  if (!after.bounds.empty()) return bounded_quantile(before, after, q);
  // Writers go on while a histogram is read: what is in its buckets decides.
  const auto added = [&](std::int32_t index, std::uint64_t now) {
    const auto then = before.buckets.find(index);
    return now - std::min(now, then == before.buckets.end() ? 0 : then->second);
  };
  const std::uint64_t zeros = after.zeros - std::min(after.zeros, before.zeros);
  std::uint64_t count = zeros;
  for (const auto& [index, now] : after.buckets) count += added(index, now);
  if (count == 0) return kNone;
  const auto rank = std::max<double>(1, std::ceil(q * static_cast<double>(count)));
  auto below = static_cast<double>(zeros);
  if (rank <= below) return after.zero_threshold / 2;
  for (const auto& [index, now] : after.buckets) {
    const auto here = static_cast<double>(added(index, now));
    if (rank <= below + here) {
      // Values are taken to be spread evenly over the bucket's octave.
      const double part = (rank - below) / here;
      return std::exp2((index - 1 + part) / std::exp2(after.schema));
    }
    below += here;
  }
  return kNone;
}

PerformanceSnapshot between(const Reading& before, const Reading& after) {
  PerformanceSnapshot snapshot;
  snapshot.timestamp = after.wall;
  snapshot.window = after.at - before.at;
  const double seconds = std::chrono::duration<double>(snapshot.window).count();
  const auto rate = [&](double Reading::*total) {
    return seconds > 0 ? (after.*total - before.*total) / seconds : 0;
  };
  snapshot.commands_per_second = rate(&Reading::commands);
  snapshot.events_per_second = rate(&Reading::events);
  snapshot.conflicts_per_second = rate(&Reading::conflicts);
  snapshot.rejections_per_second = rate(&Reading::rejections);
  snapshot.retries_per_second = rate(&Reading::retries);
  snapshot.avg_latency_ms = average(before.latency, after.latency) * 1e3;
  snapshot.p50_latency_ms = quantile(before.latency, after.latency, 0.5) * 1e3;
  snapshot.p95_latency_ms = quantile(before.latency, after.latency, 0.95) * 1e3;
  snapshot.p99_latency_ms = quantile(before.latency, after.latency, 0.99) * 1e3;
  snapshot.avg_commit_ms = average(before.commit, after.commit) * 1e3;
  snapshot.p95_commit_ms = quantile(before.commit, after.commit, 0.95) * 1e3;
  const double commands = after.commands - before.commands;
  snapshot.error_rate = commands > 0 ? std::min(1.0, (after.errors - before.errors) / commands) : 0;
  snapshot.cpu_ms_per_command =
      commands > 0 ? (after.cpu_seconds - before.cpu_seconds) / commands * 1e3 : kNone;
  snapshot.active_streams = after.active_streams;
  snapshot.memory_usage_mb = after.memory_bytes / (1024 * 1024);
  snapshot.append_queue_depth = after.queue_depth;
  snapshot.projection_lag_seconds = after.lag_seconds;
  return snapshot;
}

}  // namespace eventcore::monitor::detail
