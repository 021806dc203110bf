// What each member of a service does to the page that Prometheus sees.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::observability {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class MetricsOnThePage : public ::testing::Test {
 protected:
  /// The page gains `sample` by what `act` does.
  template <class Act>
  void expect_gain(const std::string& sample, const Act& act) {
    const std::string line = "\n" + sample + "\n";
    EXPECT_THAT(service.export_metrics().body, Not(HasSubstr(line)));
    act();
    EXPECT_THAT(service.export_metrics().body, HasSubstr(line));
  }

  eventcore::testing::ManualClock clock;
  MetricsService service{{.clock = &clock}};
};

TEST_F(MetricsOnThePage, OfApplicationsThatCount) {
  expect_gain("eventcore_commands_total{command_type=\"import\"} 1",
              [&] { service.record_command_executed("import", 2ms, true); });
  expect_gain("eventcore_command_errors_total{command_type=\"import\"} 1",
              [&] { service.record_command_executed("import", 2ms, false); });
  expect_gain("eventcore_events_written_total{category=\"order\"} 5",
              [&] { service.record_events_written(StreamId::literal("order-9"), 5); });
  expect_gain(
      "eventcore_event_store_operations_total{operation=\"checkpoint_load\",result=\"ok\"} 1",
      [&] { service.record_event_store_operation(StoreOperation::CheckpointLoad, 1ms); });
  expect_gain("eventcore_projection_events_processed_total{projection_name=\"sales\"} 1",
              [&] { service.record_projection_event("sales", 1500ms); });
  expect_gain("eventcore_projection_lag_seconds{projection_name=\"sales\"} 0.5",
              [&] { service.record_projection_event("sales", 500ms); });
}

TEST_F(MetricsOnThePage, OfApplicationsThatMeasure) {
  expect_gain("eventcore_active_streams 77", [&] { service.update_active_streams(77); });
  expect_gain("eventcore_stream_versions{stream_id=\"order-9\"} 5",
              [&] { service.update_stream_version(StreamId::literal("order-9"), {5}); });
  expect_gain("eventcore_memory_usage_bytes 123", [&] { service.update_memory_usage(123); });
  expect_gain("eventcore_connection_pool_size{pool=\"default\"} 4",
              [&] { service.update_connection_pool_size(4); });
  expect_gain("eventcore_connection_pool_max_size{pool=\"replica\"} 8",
              [&] { service.update_connection_pool_max_size(8, "replica"); });
}

TEST_F(MetricsOnThePage, OfProbesAndWatches) {
  expect_gain("eventcore_store_up{backend=\"sqlite\"} 1", [&] {
    service.describe_store({"sqlite", "full", "sqlite:a"}, {7});
  });
  expect_gain("eventcore_store_up{backend=\"sqlite\"} 0",
              [&] { service.store_availability(false); });
  expect_gain("eventcore_store_head_position 90",
              [&] { service.group_committed({.commands = 1, .head = {90}}); });
  expect_gain("eventcore_connection_pool_timeouts_total{pool=\"readers\"} 1",
              [&] { service.pool_used({.pool = "readers", .wait = 1ms, .timed_out = true}); });
  expect_gain("eventcore_connection_pool_create_seconds_count{pool=\"readers\"} 1",
              [&] { service.connection_opened("readers", 1ms); });
  const std::vector<StreamTouch> streams = {{"product-1", {7}, 2, false}};
  CommandRecord record;
  record.command_type = "reserve";
  record.streams = streams;
  record.events_written = 2;
  expect_gain("eventcore_command_outcomes_total{command_type=\"reserve\",outcome=\"committed\"} 1",
              [&] { service.command_finished(record); });
  MetricsWatch watch;
  const auto store = open_memory_store();
  expect_gain("eventcore_store_events 0", [&] { watch = service.watch(*store); });
  const CommandExecutor executor(*store, {.phase_timing = PhaseTiming::Always});
  MetricsWatch other;
  expect_gain("eventcore_metrics_timing_weight{timed=\"phases\"} 1",
              [&] { other = service.watch(executor); });
}

}  // namespace
}  // namespace eventcore::observability
