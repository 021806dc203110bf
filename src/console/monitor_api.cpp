#include <algorithm>
#include <utility>

#include "api_parts.hpp"

namespace eventcore::console {
namespace {

constexpr std::uint64_t kHistorySecondsMax = 3'600;
constexpr std::uint64_t kTrendMinutesMax = 1'440;
constexpr std::size_t kFilterMax = 1'000;

/// A list a member: a chart wants one of them, and it is a fifth of the bytes.
Json history_json(const std::vector<monitor::PerformanceSnapshot>& snapshots, std::size_t limit) {
  const std::size_t skipped = snapshots.size() - std::min(snapshots.size(), limit);
  Json columns = Json::object();
  for (std::size_t i = skipped; i != snapshots.size(); ++i) {
    const Json row = snapshot_json(snapshots[i]);
    for (const auto& [name, value] : row.items()) {
      if (i == skipped) columns[name] = Json::array();
      columns[name].push_back(value);
    }
  }
  return columns;
}

http::Response history(const http::Request& request, const monitor::PerformanceMonitor& monitor) {
  const std::string of = request.query_parameter("of").value_or("seconds");
  const auto limit = number_in(request, "limit", 300, kHistorySecondsMax);
  if (!limit || *limit == 0) return refuse(400, "limit: a number from 1 to 3600");
  if (of != "seconds" && of != "minutes") return refuse(400, "of: seconds or minutes");
  const auto snapshots = of == "seconds" ? monitor.snapshots() : monitor.minute_snapshots();
  return answer(
      {{"of", of}, {"series", history_json(snapshots, static_cast<std::size_t>(*limit))}});
}

http::Response trends(const http::Request& request, const monitor::PerformanceMonitor& monitor) {
  const auto minutes = number_in(request, "minutes", 10, kTrendMinutesMax);
  if (!minutes || *minutes == 0) return refuse(400, "minutes: a number from 1 to 1440");
  Json json{{"minutes", *minutes}};
  json.update(trends_json(monitor.get_trend_analysis(*minutes)));
  return answer(json);
}

http::Response baseline(const monitor::BaselineWatch& watch) {
  const monitor::BaselineComparison comparison = watch.comparison();
  Json measures = Json::array();
  for (const monitor::MeasureComparison& measure : comparison.measures) {
    const monitor::SampleComparison& result = measure.result;
    measures.push_back({{"measure", measure.name},
                        {"better", to_string(measure.better)},
                        {"verdict", to_string(result.verdict)},
                        {"before", rounded(result.before)},
                        {"now", rounded(result.after)},
                        {"change", rounded(result.change)},
                        {"change_low", rounded(result.change_low)},
                        {"change_high", rounded(result.change_high)},
                        {"samples_before", result.samples_before},
                        {"samples_now", result.samples_after}});
  }
  return answer({{"name", watch.baseline().name},
                 {"recorded_at", time_json(watch.baseline().recorded_at)},
                 {"verdict", to_string(comparison.verdict)},
                 {"confidence", rounded(comparison.measure_confidence)},
                 {"measures", std::move(measures)}});
}

http::Response set_filter(const ConsoleOptions& options, const http::Request& request) {
  const Result<Json> body = body_of(request);
  if (!body) return refuse(body.error());
  const auto filter = body->find("filter");
  if (filter == body->end() || !filter->is_string()) {
    return refuse(400, "filter: a text, as in warn,shop=debug");
  }
  const auto text = filter->get<std::string>();
  if (text.size() > kFilterMax) return refuse(400, "filter: at most 1000 characters");
  return act(options, request, "set_log_filter", text, [&]() -> Result<Json> {
    const auto set = options.set_log_filter(text);
    if (!set) return set.error();
    return Json{{"filter", options.log_filter ? options.log_filter() : text}};
  });
}

}  // namespace

void mount_monitor_api(http::Server& server, const ConsoleOptions& options) {
  if (options.monitor != nullptr) {
    server.route(http::Method::Get, "/api/history", [&options](const http::Request& request) {
      return history(request, *options.monitor);
    });
    server.route(http::Method::Get, "/api/trends", [&options](const http::Request& request) {
      return trends(request, *options.monitor);
    });
  }
  if (options.baseline != nullptr) {
    server.route(http::Method::Get, "/api/baseline",
                 [&options](const http::Request&) { return baseline(*options.baseline); });
  }
  if (options.recorder != nullptr) {
    server.route(http::Method::Get, "/api/commands", [&options](const http::Request&) {
      return answer_text(options.recorder->json("console"));
    });
  }
  if (options.log_filter) {
    server.route(http::Method::Get, "/api/log", [&options](const http::Request&) {
      return answer({{"filter", options.log_filter()}});
    });
  }
  if (options.set_log_filter) {
    server.route(http::Method::Post, "/api/log",
                 [&options](const http::Request& request) { return set_filter(options, request); });
  }
}

}  // namespace eventcore::console
