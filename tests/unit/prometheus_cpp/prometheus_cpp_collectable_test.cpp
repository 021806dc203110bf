#include "eventcore/prometheus_cpp_collectable.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <sstream>
#include <string>

namespace eventcore::observability {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

/// What prometheus-cpp's exposer would answer for these.
std::string page_of(std::initializer_list<const prometheus::Collectable*> collectables) {
  std::vector<prometheus::MetricFamily> families;
  for (const prometheus::Collectable* collectable : collectables) {
    for (auto& family : collectable->Collect()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

TEST(PrometheusCppCollectable, StandsBesideTheApplicationsOwnMetrics) {
  const auto metrics = std::make_shared<MetricsService>();
  metrics->record_command_executed("import", 2ms, true);
  prometheus::Registry own;
  prometheus::BuildCounter().Name("own_total").Help("Own.").Register(own).Add({}).Increment(3);
  const auto collectable = prometheus_cpp_collectable(metrics);
  const std::string page = page_of({&own, collectable.get()});
  EXPECT_THAT(page, HasSubstr("\nown_total 3\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE eventcore_commands_total counter\n"
                              "eventcore_commands_total{command_type=\"import\"} 1\n"));
}

TEST(PrometheusCppCollectable, ShowsEachKind) {
  const auto metrics = std::make_shared<MetricsService>();
  metrics->record_command_executed("import", 2ms, true);
  metrics->describe_store({"memory", "none", "memory:"}, {7});
  const auto collectable = prometheus_cpp_collectable(metrics);
  const std::string page = page_of({collectable.get()});
  EXPECT_THAT(page, HasSubstr("# TYPE eventcore_store_head_position gauge\n"
                              "eventcore_store_head_position 7\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE eventcore_build_info gauge\n"));
  EXPECT_THAT(page, HasSubstr("compiler=\""));
  const std::string duration = "eventcore_command_duration_seconds";
  EXPECT_THAT(page, HasSubstr("# TYPE " + duration + " histogram\n"));
  EXPECT_THAT(page, HasSubstr(duration + "_bucket{command_type=\"import\",le=\"0.001\"} 0\n"));
  EXPECT_THAT(page, HasSubstr(duration + "_bucket{command_type=\"import\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(page, HasSubstr(duration + "_bucket{command_type=\"import\",le=\"+Inf\"} 1\n"));
  EXPECT_THAT(page, HasSubstr(duration + "_count{command_type=\"import\"} 1\n"));
  EXPECT_THAT(page, HasSubstr(duration + "_sum{command_type=\"import\"} 0.002\n"));
}

TEST(PrometheusCppCollectable, ReadsAnewAtEachScrapeAndKeepsTheService) {
  auto metrics = std::make_shared<MetricsService>();
  const auto collectable = prometheus_cpp_collectable(metrics);
  EXPECT_THAT(page_of({collectable.get()}), Not(HasSubstr("eventcore_commands_total{")));
  metrics->record_command_executed("import", 2ms, true);
  metrics.reset();
  EXPECT_THAT(page_of({collectable.get()}),
              HasSubstr("eventcore_commands_total{command_type=\"import\"} 1\n"));
}

}  // namespace
}  // namespace eventcore::observability
