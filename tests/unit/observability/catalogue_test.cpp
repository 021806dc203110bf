#include "eventcore/observability/catalogue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "eventcore/observability/describe_metrics.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "golden_file.hpp"

namespace eventcore::observability {
namespace {

std::size_t occurrences(const std::string& text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Catalogue, ListsEveryDescriptionOnce) {
  std::size_t described = 0;
  for (const std::string_view subject :
       {"canary", "commands", "process", "projections", "store", "telemetry"}) {
    described += occurrences(read_text(source_path("include/eventcore/observability/catalogue_" +
                                                   std::string(subject) + ".hpp")),
                             "constexpr MetricDescription k");
  }
  EXPECT_EQ(described, catalogue::kMetrics.size());
  std::set<std::string_view> names;
  for (const MetricDescription* metric : catalogue::kMetrics) {
    EXPECT_TRUE(names.insert(metric->name).second) << metric->name;
    EXPECT_FALSE(metric->since.empty()) << metric->name;
  }
}

TEST(Catalogue, HasTheFamiliesThatUsersRelyOn) {
  std::set<std::string_view> names;
  for (const MetricDescription* metric : catalogue::kMetrics) names.insert(metric->name);
  for (const std::string_view name :
       {"eventcore_commands_total", "eventcore_command_duration_seconds",
        "eventcore_command_errors_total", "eventcore_events_written_total",
        "eventcore_event_store_latency_seconds", "eventcore_active_streams",
        "eventcore_stream_versions", "eventcore_projection_events_processed_total",
        "eventcore_projection_lag_seconds", "eventcore_memory_usage_bytes",
        "eventcore_connection_pool_size", "eventcore_connection_pool_max_size"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Catalogue, IsRegisteredCompletelyByTheService) {
  MetricsService service;
  service.record_command_executed("place_order", std::chrono::milliseconds(1), true);
  service.record_projection_event("sales", std::chrono::seconds(1));
  service.describe_store({"memory", "none", "memory:"}, {1});
  service.update_stream_version(StreamId::literal("a-1"), {1});
  service.update_connection_pool_size(1);
  service.update_connection_pool_max_size(1);
  const MetricsSnapshot snapshot = service.registry().snapshot();
  // The others are those of logs, traces, monitors and canaries, which show them themselves.
  std::vector<const MetricDescription*> others(catalogue::kTelemetryMetrics.begin(),
                                               catalogue::kTelemetryMetrics.end());
  others.insert(others.end(), catalogue::kCanaryMetrics.begin(), catalogue::kCanaryMetrics.end());
  EXPECT_EQ(snapshot.families.size(), catalogue::kMetrics.size() - others.size());
  for (const MetricDescription* metric : catalogue::kMetrics) {
    const bool is_other = std::find(others.begin(), others.end(), metric) != others.end();
    EXPECT_EQ(snapshot.find(metric->name) == nullptr, is_other) << metric->name;
  }
}

template <class E>
void expect_same_names() {
  std::size_t index = 0;
  for (const std::string_view value : LabelDomain<E>::values) {
    EXPECT_EQ(value, to_string(static_cast<E>(index))) << index;
    ++index;
  }
}

TEST(Catalogue, LabelsSayWhatTheEnumerationsSay) {
  expect_same_names<CommandOutcome>();
  expect_same_names<CommandPhase>();
  expect_same_names<ErrorCode>();
  expect_same_names<ProjectionState>();
  for (std::size_t i = 0; i < kDeadLetterReasons; ++i) {
    const std::string_view name = to_string(static_cast<DeadLetterReason>(i + 1));
    EXPECT_EQ(LabelDomain<DeadLetterCause>::values[i], name);
    EXPECT_EQ(LabelDomain<ProjectionFailure>::values[i], name);
  }
  EXPECT_EQ(std::size(LabelDomain<ErrorCode>::values),
            static_cast<std::size_t>(ErrorCode::LeaseLost) + 1);
}

/// The lines of code in `path` that hold the name of a built-in metric.
std::string lines_with_metric_names(const std::filesystem::path& path) {
  std::string found;
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line);) {
    const std::string code = line.substr(0, line.find("//"));
    for (const MetricDescription* metric : catalogue::kMetrics) {
      if (code.find(metric->name) == std::string::npos) continue;
      found += line + '\n';
      break;
    }
  }
  return found;
}

/// A metric's name belongs into the catalogue alone; comments may speak of it.
TEST(Catalogue, IsTheOnlyPlaceWithMetricNames) {
  for (const std::string_view folder : {"src", "include", "examples", "bench"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_path(folder))) {
      const std::filesystem::path& path = entry.path();
      if (path.extension() != ".hpp" && path.extension() != ".cpp") continue;
      if (path.filename().string().starts_with("catalogue")) continue;
      // Reads its own page as Prometheus would, from outside.
      if (path == source_path("examples/metrics.cpp")) continue;
      EXPECT_EQ(lines_with_metric_names(path), "") << path;
    }
  }
}

TEST(Catalogue, IsFoundOutWhereANameOccurs) {
  EXPECT_NE(lines_with_metric_names(
                source_path("include/eventcore/observability/catalogue_commands.hpp")),
            "");
  EXPECT_NE(lines_with_metric_names(source_path("examples/metrics.cpp")), "");
}

TEST(MetricsReference, IsWhatTheCatalogueSays) {
  expect_file("docs/reference/metrics.md", describe_metrics_markdown());
}

TEST(MetricsReference, JsonIsWhatTheCatalogueSays) {
  expect_file("tests/golden/metrics.json", describe_metrics_json());
}

}  // namespace
}  // namespace eventcore::observability
