#include "live_feed.hpp"

#include <utility>

namespace eventcore::console {
namespace {

using eventcore::detail::MutexLock;

Json finding_json(const monitor::TrendFinding& finding) {
  return {{"trend", to_string(finding.trend)},
          {"samples", finding.samples},
          {"before", rounded(finding.before)},
          {"after", rounded(finding.after)},
          {"change", rounded(finding.change)},
          {"slope_per_minute", rounded(finding.slope_per_minute)},
          {"confidence", rounded(finding.confidence)},
          {"since", finding.since ? time_json(*finding.since) : Json(nullptr)}};
}

Json hot_streams_json(const observability::MetricsService& metrics) {
  Json list = Json::array();
  for (const observability::HotStream& stream : metrics.hot_streams()) {
    list.push_back({{"stream", stream.stream},
                    {"writes", stream.writes},
                    {"writes_error", stream.writes_error},
                    {"conflicts", stream.conflicts},
                    {"version", stream.version.value}});
  }
  return list;
}

Json health_json(const http::HealthChecks& health) {
  Json list = Json::array();
  http::HealthStatus worst = http::HealthStatus::Pass;
  for (const http::HealthReport& report : health.reports()) {
    worst = std::max(worst, report.result.status);
    Json scope = Json::array();
    if (report.scope.live) scope.push_back("live");
    if (report.scope.ready) scope.push_back("ready");
    if (report.scope.startup) scope.push_back("startup");
    list.push_back(
        {{"name", report.name},
         {"status", to_string(report.result.status)},
         {"output", report.result.output},
         {"observed", report.result.observed ? rounded(*report.result.observed) : Json(nullptr)},
         {"unit", report.result.unit},
         {"scope", std::move(scope)},
         {"time", report.time ? time_json(*report.time) : Json(nullptr)}});
  }
  return {{"status", to_string(worst)}, {"checks", std::move(list)}};
}

}  // namespace

Json snapshot_json(const monitor::PerformanceSnapshot& snapshot) {
  return {{"time_unix_ms", unix_ms(snapshot.timestamp)},
          {"window_seconds", rounded(std::chrono::duration<double>(snapshot.window).count())},
          {"commands_per_second", rounded(snapshot.commands_per_second)},
          {"events_per_second", rounded(snapshot.events_per_second)},
          {"avg_latency_ms", rounded(snapshot.avg_latency_ms)},
          {"p50_latency_ms", rounded(snapshot.p50_latency_ms)},
          {"p95_latency_ms", rounded(snapshot.p95_latency_ms)},
          {"p99_latency_ms", rounded(snapshot.p99_latency_ms)},
          {"error_rate", rounded(snapshot.error_rate)},
          {"conflicts_per_second", rounded(snapshot.conflicts_per_second)},
          {"rejections_per_second", rounded(snapshot.rejections_per_second)},
          {"retries_per_second", rounded(snapshot.retries_per_second)},
          {"append_queue_depth", rounded(snapshot.append_queue_depth)},
          {"avg_commit_ms", rounded(snapshot.avg_commit_ms)},
          {"p95_commit_ms", rounded(snapshot.p95_commit_ms)},
          {"projection_lag_seconds", rounded(snapshot.projection_lag_seconds)},
          {"active_streams", rounded(snapshot.active_streams)},
          {"memory_mib", rounded(snapshot.memory_usage_mb)}};
}

Json trends_json(const monitor::TrendAnalysis& analysis) {
  return {{"summary", analysis.summary},
          {"throughput", finding_json(analysis.throughput)},
          {"latency", finding_json(analysis.latency)},
          {"p95_latency", finding_json(analysis.p95_latency)},
          {"error_rate", finding_json(analysis.error_rate)},
          {"memory", finding_json(analysis.memory)},
          {"conflicts", finding_json(analysis.conflicts)}};
}

LiveFeed::LiveFeed(const ConsoleOptions& options, StoreGate& gate, ProjectionWatch& projections)
    : options_(options),
      gate_(gate),
      projections_(projections),
      broadcast_(std::make_shared<http::Broadcast>(options.viewers_max)) {
  if (options.metrics != nullptr) rates_.emplace(*options.metrics);
}

void LiveFeed::start() {
  if (thread_.joinable()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void LiveFeed::stop() noexcept {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

std::shared_ptr<const std::string> LiveFeed::text() {
  const MutexLock lock(mutex_);
  const Instant now = system_clock().now();
  // A little less than the interval, so that a beat of the thread always makes a new one.
  if (text_ != nullptr && now - made_at_ < options_.interval * 9 / 10) return text_;
  made_at_ = now;
  text_ = std::make_shared<const std::string>(text_of(make()));
  return text_;
}

http::Response LiveFeed::follow() {
  // A broadcast that nobody has followed for a while has an old text.
  if (broadcast_->stats().readers == 0) publish();
  return broadcast_->response();
}

void LiveFeed::publish() { broadcast_->publish("event: overview\ndata: " + *text() + "\n\n"); }

void LiveFeed::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      MutexLock lock(sleep_mutex_);
      sleep_.wait_for(lock, stop, options_.interval, [] { return false; });
    }
    if (!stop.stop_requested() && broadcast_->stats().readers != 0) publish();
  }
}

Json LiveFeed::make() {
  Json json{{"time", time_json(system_clock().wall())},
            {"number", ++number_},
            {"interval_ms", options_.interval.count()}};
  if (options_.monitor != nullptr) {
    const auto latest = options_.monitor->latest();
    json["snapshot"] = latest ? snapshot_json(*latest) : Json(nullptr);
    json["trends"] = trends_json(options_.monitor->latest_analysis());
  }
  if (options_.metrics != nullptr) {
    const observability::MetricsStats stats = options_.metrics->stats();
    json["totals"] = {{"commands", stats.commands},     {"errors", stats.errors},
                      {"rejections", stats.rejections}, {"retries", stats.retries},
                      {"conflicts", stats.conflicts},   {"events", stats.events_written},
                      {"bytes", stats.bytes_written}};
    json["commands"] = rates_->look();
    json["outcomes"] = rates_->outcomes();
    json["hot_streams"] = hot_streams_json(*options_.metrics);
  }
  json["projections"] = projections_.latest();
  if (options_.health != nullptr) json["health"] = health_json(*options_.health);
  if (const auto store = gate_.enter(SIZE_MAX)) json["head"] = (*store)->head().value;
  return json;
}

}  // namespace eventcore::console
