// eventcore-shop with nothing but the standard variables.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "otlp_receiver.hpp"

namespace eventcore {
namespace {

using nlohmann::json;
using testing::attributes_of;
using testing::OtlpReceiver;

/// What the program writes to its standard error stream. Fails unless it exits with 0.
std::string errors_of_demo(const std::string& variables) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("eventcore-otlp-shop-" + std::to_string(getpid()) + ".txt");
  const std::string command = "env -u OTEL_EXPORTER_OTLP_ENDPOINT " + variables +
                              " " EVENTCORE_SHOP
                              " demo --store memory: --duration 1s --rate 50 --listen 127.0.0.1:0 "
                              "--metrics-listen 127.0.0.1:0 >/dev/null 2>" +
                              file.string();
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  std::filesystem::remove(file);
  return text.str();
}

void expect_all(const OtlpReceiver& receiver, const std::string& transport) {
  std::set<std::string> ids;
  std::set<std::string> names;
  std::set<std::string> metrics;
  std::vector<json> children;
  for (const auto& one : receiver.received()) {
    EXPECT_EQ(one["transport"], transport);
    const bool is_traces = one["signal"] == "traces";
    for (const auto& resource : one["body"][is_traces ? "resourceSpans" : "resourceMetrics"]) {
      const json attributes = attributes_of(resource["resource"]);
      EXPECT_EQ(attributes.at("service.name").at("stringValue"), "eventcore-shop");
      EXPECT_EQ(attributes.at("deployment.environment").at("stringValue"), "staging");
      for (const auto& scope : resource[is_traces ? "scopeSpans" : "scopeMetrics"]) {
        for (const auto& item : scope[is_traces ? "spans" : "metrics"]) {
          if (!is_traces) {
            metrics.insert(item["name"]);
            continue;
          }
          names.insert(item["name"]);
          ids.insert(item["spanId"]);
          EXPECT_LE(std::stoull(item["startTimeUnixNano"].get<std::string>()),
                    std::stoull(item["endTimeUnixNano"].get<std::string>()));
          if (item.contains("parentSpanId")) children.push_back(item);
        }
      }
    }
  }
  EXPECT_GT(ids.size(), 50);
  EXPECT_GT(children.size(), 50);
  EXPECT_TRUE(metrics.count("eventcore_commands_total"));
  EXPECT_TRUE(metrics.count("eventcore_command_duration_seconds"));
  std::size_t strangers = 0;
  for (const json& child : children) strangers += ids.count(child["parentSpanId"]) == 0 ? 1 : 0;
  EXPECT_EQ(strangers, 0) << ::testing::PrintToString(names);
}

TEST(OtlpShop, SendsTracesAndMetricsOverHttp) {
  const OtlpReceiver receiver;
  const std::string errors =
      errors_of_demo("ENVIRONMENT=staging OTEL_EXPORTER_OTLP_ENDPOINT=" + receiver.http_url());
  EXPECT_EQ(errors, "");
  expect_all(receiver, "http");
}

TEST(OtlpShop, SendsTracesAndMetricsOverGrpc) {
  const OtlpReceiver receiver;
  const std::string errors = errors_of_demo(
      "ENVIRONMENT=staging OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_ENDPOINT=" +
      receiver.grpc_url());
  EXPECT_EQ(errors, "");
  expect_all(receiver, "grpc");
}

TEST(OtlpShop, SaysNothingWithoutACollector) { EXPECT_EQ(errors_of_demo(""), ""); }

TEST(OtlpShop, SaysOnceThatACollectorIsNotThere) {
  const std::string errors =
      errors_of_demo("OTEL_METRICS_EXPORTER=none OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1");
  EXPECT_THAT(errors, ::testing::HasSubstr("can't be sent"));
  EXPECT_THAT(errors, ::testing::HasSubstr("lost:"));
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 2);
}

}  // namespace
}  // namespace eventcore
