// Looks as lines, for pipes and dumb terminals.

#include <nlohmann/json.hpp>

#include "../console.hpp"
#include "top_numbers.hpp"
#include "top_screen.hpp"

namespace eventcore::cli {
namespace {

using nlohmann::ordered_json;

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

/// The projection that is furthest behind.
const ProjectionRow* furthest(const TopLook& look) {
  const ProjectionRow* found = nullptr;
  for (const ProjectionRow& row : look.projections) {
    if (std::isfinite(row.lag_seconds) &&
        (found == nullptr || row.lag_seconds > found->lag_seconds)) {
      found = &row;
    }
  }
  return found;
}

}  // namespace

std::string line_of(const TopLook& look) {
  std::string text = look.time;
  const auto add = [&](const char* name, const std::string& value) {
    text.append("  ").append(name).append(" ").append(value);
  };
  if (look.store) {
    add("events/s", shortened(look.store->events_per_second));
    add("head", whole(look.store->head));
    add("streams", whole(look.store->streams));
  }
  if (look.window) {
    const monitor::PerformanceSnapshot& now = *look.window;
    add("commands/s", shortened(now.commands_per_second));
    add("events/s", shortened(now.events_per_second));
    add("p50", shortened(now.p50_latency_ms));
    add("p95", shortened(now.p95_latency_ms));
    add("p99", shortened(now.p99_latency_ms) + " ms");
    add("errors", shortened(now.error_rate * 100) + " %");
    add("conflicts/s", shortened(now.conflicts_per_second));
    add("queue", whole(now.append_queue_depth));
    add("commit", shortened(now.avg_commit_ms) + " ms");
  }
  if (const ProjectionRow* const row = furthest(look)) {
    add("lag", seconds_text(row->lag_seconds) + " (" + printable(row->name) + ")");
  }
  if (!look.note.empty()) add("note:", printable(look.note));
  return text;
}

std::string json_of(const TopLook& look) {
  ordered_json object{{"time", look.time}};
  if (look.store) {
    object["events_per_second"] = number(look.store->events_per_second);
    object["head"] = look.store->head;
    object["streams"] = look.store->streams;
    object["size_bytes"] = look.store->size_bytes;
  }
  if (look.window) {
    const monitor::PerformanceSnapshot& now = *look.window;
    object["commands_per_second"] = number(now.commands_per_second);
    object["events_per_second"] = number(now.events_per_second);
    object["avg_latency_ms"] = number(now.avg_latency_ms);
    object["p50_latency_ms"] = number(now.p50_latency_ms);
    object["p95_latency_ms"] = number(now.p95_latency_ms);
    object["p99_latency_ms"] = number(now.p99_latency_ms);
    object["error_rate"] = number(now.error_rate);
    object["conflicts_per_second"] = number(now.conflicts_per_second);
    object["append_queue_depth"] = number(now.append_queue_depth);
    object["avg_commit_ms"] = number(now.avg_commit_ms);
    object["cpu_ms_per_command"] = number(now.cpu_ms_per_command);
    object["memory_mib"] = number(now.memory_usage_mb);
  }
  object["projections"] = ordered_json::array();
  for (const ProjectionRow& row : look.projections) {
    object["projections"].push_back({{"name", row.name},
                                     {"state", row.state},
                                     {"lag_seconds", number(row.lag_seconds)},
                                     {"lag_events", number(row.lag_events)}});
  }
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace eventcore::cli
