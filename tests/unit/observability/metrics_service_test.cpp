#include "eventcore/observability/metrics_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "eventcore/observability/catalogue.hpp"
#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::observability {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A record with its streams.
struct Sample {
  std::vector<StreamTouch> streams;
  std::vector<ConflictRecord> conflicts;
  CommandRecord record;

  const CommandRecord& get() {
    record.streams = streams;
    record.conflicts = conflicts;
    return record;
  }
};

Sample placed_order(CommandOutcome outcome = CommandOutcome::Committed) {
  Sample sample;
  sample.streams = {{"order-1", {0}, 1, false},
                    {"product-1", {7}, 2, true},
                    {"product-2", {9}, 1, true},
                    {"customer/1", {3}, 0, false}};
  sample.record.command_type = "place_order";
  sample.record.outcome = outcome;
  sample.record.duration = 3ms;
  sample.record.events_written = 4;
  sample.record.events_folded = 12;
  return sample;
}

class ServiceMetrics : public ::testing::Test {
 protected:
  MetricsSnapshot snapshot() { return service.registry().snapshot(); }
  double value(const MetricDescription& metric, MetricsSnapshot::Labels labels = {}) {
    return snapshot().value(metric.name, labels).value_or(-1);
  }
  HistogramValue histogram(const MetricDescription& metric, MetricsSnapshot::Labels labels = {}) {
    return snapshot().histogram(metric.name, labels);
  }
  std::size_t series(const MetricDescription& metric) {
    return snapshot().find(metric.name)->series.size();
  }

  eventcore::testing::ManualClock clock;
  MetricsService service{{.hot_stream_interval = 1, .clock = &clock}};
};

TEST_F(ServiceMetrics, CountsACommittedCommandOnce) {
  service.command_finished(placed_order().get());
  const MetricsSnapshot::Labels command = {{"command_type", "place_order"}};
  EXPECT_EQ(value(catalogue::kCommandsTotal, command), 1);
  EXPECT_EQ(value(catalogue::kCommandErrorsTotal, command), 0);
  EXPECT_EQ(value(catalogue::kCommandRetriesTotal, command), 0);
  EXPECT_EQ(value(catalogue::kCommandOutcomesTotal,
                  {{"command_type", "place_order"}, {"outcome", "committed"}}),
            1);
  EXPECT_EQ(histogram(catalogue::kCommandDurationSeconds, command).sum, 0.003);
  EXPECT_EQ(histogram(catalogue::kCommandAttempts, command).sum, 1);
  EXPECT_EQ(histogram(catalogue::kCommandEventsEmitted, command).sum, 4);
  EXPECT_EQ(histogram(catalogue::kCommandEventsReplayed, command).sum, 12);
}

TEST_F(ServiceMetrics, CountsEveryAffectedStream) {
  Sample sample = placed_order();
  sample.record.started = clock.now();
  service.command_finished(sample.get());
  EXPECT_EQ(value(catalogue::kEventsWrittenTotal, {{"category", "order"}}), 1);
  EXPECT_EQ(value(catalogue::kEventsWrittenTotal, {{"category", "product"}}), 3);
  EXPECT_EQ(value(catalogue::kEventsWrittenTotal, {{"category", "customer"}}), -1);
  const auto streams = [&](std::string_view role) {
    return histogram(catalogue::kCommandStreams, {{"command_type", "place_order"}, {"role", role}});
  };
  EXPECT_EQ(streams("read_only").sum, 1);
  EXPECT_EQ(streams("written").sum, 3);
  EXPECT_EQ(streams("discovered").sum, 2);
  EXPECT_EQ(value(catalogue::kActiveStreams), 4);
  EXPECT_EQ(value(catalogue::kStreamVersions, {{"stream_id", "product-1"}}), 9);
  EXPECT_EQ(value(catalogue::kStreamVersions, {{"stream_id", "customer/1"}}), -1) << "only read";
}

TEST_F(ServiceMetrics, ARefusedOrRepeatedCommandWritesNothingAndIsNoError) {
  for (const CommandOutcome outcome :
       {CommandOutcome::Rejected, CommandOutcome::Replayed, CommandOutcome::NoEvents}) {
    service.command_finished(placed_order(outcome).get());
  }
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "place_order"}}), 3);
  EXPECT_EQ(value(catalogue::kCommandErrorsTotal, {{"command_type", "place_order"}}), 0);
  EXPECT_EQ(series(catalogue::kEventsWrittenTotal), 0U);
  EXPECT_EQ(histogram(catalogue::kCommandEventsEmitted, {{"command_type", "place_order"}}).count(),
            0U);
  EXPECT_EQ(series(catalogue::kStreamVersions), 0U);
}

TEST_F(ServiceMetrics, EveryFailedOutcomeIsAnError) {
  double errors = 0;
  for (std::size_t i = 0; i < kCommandOutcomes; ++i) {
    const auto outcome = static_cast<CommandOutcome>(i);
    service.command_finished(placed_order(outcome).get());
    errors += is_error(outcome) ? 1 : 0;
    EXPECT_EQ(value(catalogue::kCommandOutcomesTotal,
                    {{"command_type", "place_order"}, {"outcome", to_string(outcome)}}),
              1);
  }
  EXPECT_EQ(value(catalogue::kCommandErrorsTotal, {{"command_type", "place_order"}}), errors);
  EXPECT_EQ(
      histogram(catalogue::kCommandDurationSeconds, {{"command_type", "place_order"}}).count(),
      kCommandOutcomes);
}

TEST_F(ServiceMetrics, CountsRetriesAndConflictsByCategory) {
  Sample sample = placed_order();
  sample.record.attempts = 3;
  sample.conflicts = {{"product-1", nullptr}, {"product-2", nullptr}};
  service.command_finished(sample.get());
  EXPECT_EQ(value(catalogue::kCommandRetriesTotal, {{"command_type", "place_order"}}), 2);
  EXPECT_EQ(histogram(catalogue::kCommandAttempts, {{"command_type", "place_order"}}).sum, 3);
  EXPECT_EQ(value(catalogue::kCommandConflictsTotal,
                  {{"command_type", "place_order"}, {"category", "product"}}),
            2);
}

TEST_F(ServiceMetrics, NamesACategoryForEveryConflict) {
  const auto conflicts_of = [&](std::string_view category) {
    return value(catalogue::kCommandConflictsTotal,
                 {{"command_type", "place_order"}, {"category", category}});
  };
  Sample many = placed_order();
  many.conflicts = {{"", nullptr}, {"product-1", nullptr}};
  service.command_finished(many.get());
  EXPECT_EQ(conflicts_of("none"), 1);
  EXPECT_EQ(conflicts_of("product"), 1);
  Sample one = placed_order();
  one.streams.resize(1);
  one.conflicts = {{"", nullptr}};
  service.command_finished(one.get());
  EXPECT_EQ(conflicts_of("order"), 1);
  EXPECT_EQ(conflicts_of("none"), 1);
  EXPECT_EQ(conflicts_of(""), -1) << "there is such a series";
}

TEST_F(ServiceMetrics, CountsPausesOfCommandsThatTriedAgain) {
  Sample sample = placed_order();
  service.command_finished(sample.get());
  EXPECT_EQ(histogram(catalogue::kCommandRetryBackoffSeconds).count(), 0U);
  sample.record.attempts = 3;
  sample.record.backoff = 6ms;
  service.command_finished(sample.get());
  EXPECT_EQ(histogram(catalogue::kCommandRetryBackoffSeconds).count(), 1U);
  EXPECT_EQ(histogram(catalogue::kCommandRetryBackoffSeconds).sum, 0.006);
}

TEST_F(ServiceMetrics, CountsRoundsOfCommandsThatDiscover) {
  const MetricsSnapshot::Labels command = {{"command_type", "place_order"}};
  Sample sample = placed_order();
  service.command_finished(sample.get());
  EXPECT_EQ(histogram(catalogue::kCommandDiscoveryRounds, command).count(), 0U);
  sample.record.discovery_rounds = 2;
  service.command_finished(sample.get());
  EXPECT_EQ(histogram(catalogue::kCommandDiscoveryRounds, command).count(), 1U);
  EXPECT_EQ(histogram(catalogue::kCommandDiscoveryRounds, command).sum, 2);
}

TEST_F(ServiceMetrics, CountsPhasesOfMeasuredCommandsOnly) {
  Sample sample = placed_order();
  sample.record.phases[CommandPhase::Fold] = 2ms;
  service.command_finished(sample.get());
  EXPECT_EQ(histogram(catalogue::kCommandPhaseSeconds, {{"phase", "fold"}}).count(), 0U);
  sample.record.phases.measured = true;
  service.command_finished(sample.get());
  EXPECT_EQ(histogram(catalogue::kCommandPhaseSeconds, {{"phase", "fold"}}).sum, 0.002);
  EXPECT_EQ(histogram(catalogue::kCommandPhaseSeconds, {{"phase", "queue"}}).count(), 1U);
}

TEST_F(ServiceMetrics, BoundsCommandTypes) {
  for (std::size_t i = 0; i < kLabelValuesMax + 3; ++i) {
    Sample sample = placed_order();
    const std::string type = "type_" + std::to_string(i);
    sample.record.command_type = type;
    service.command_finished(sample.get());
    service.command_finished(sample.get());
  }
  EXPECT_EQ(series(catalogue::kCommandsTotal), kLabelValuesMax + 1);
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "type_7"}}), 2);
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "__overflow__"}}), 6);
  EXPECT_EQ(
      value(catalogue::kMetricsLabelOverflowTotal, {{"family", catalogue::kCommandsTotal.name}}),
      6);
}

TEST_F(ServiceMetrics, TellsCommandTypesApartThatShareMemory) {
  std::string type = "aaaa";
  Sample sample = placed_order();
  sample.record.command_type = type;
  service.command_finished(sample.get());
  type = "bbbb";
  service.command_finished(sample.get());
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "aaaa"}}), 1);
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "bbbb"}}), 1);
}

TEST_F(ServiceMetrics, StreamsAreActiveForAWindow) {
  Sample sample = placed_order();
  sample.record.started = clock.now();
  service.command_finished(sample.get());
  clock.advance(10min);
  sample.streams.resize(2);
  sample.record.started = clock.now();
  service.command_finished(sample.get());
  EXPECT_EQ(value(catalogue::kActiveStreams), 4);
  clock.advance(6min);
  EXPECT_EQ(value(catalogue::kActiveStreams), 2);
  clock.advance(15min);
  EXPECT_EQ(value(catalogue::kActiveStreams), 0);
}

TEST_F(ServiceMetrics, ShowsGroupCommits) {
  service.group_committed({.commands = 5,
                           .rejected = 2,
                           .events = 9,
                           .bytes = 700,
                           .queue_depth = 3,
                           .queue_wait_max = 4ms,
                           .commit = 6ms,
                           .head = {90}});
  EXPECT_EQ(histogram(catalogue::kAppendBatchCommands).sum, 5);
  EXPECT_EQ(histogram(catalogue::kAppendBatchEvents).sum, 9);
  EXPECT_EQ(value(catalogue::kAppendBytesTotal), 700);
  EXPECT_EQ(value(catalogue::kAppendConflictsTotal), 2);
  EXPECT_EQ(value(catalogue::kAppendQueueDepth), 3);
  EXPECT_EQ(histogram(catalogue::kAppendQueueWaitSeconds).sum, 0.004);
  EXPECT_EQ(histogram(catalogue::kCommitSeconds).sum, 0.006);
  EXPECT_EQ(value(catalogue::kStoreHeadPosition), 90);
}

TEST_F(ServiceMetrics, TimesNoCommitOfAGroupThatWasOnlyChecked) {
  service.group_committed({.commands = 1, .commit = 6ms, .head = {90}});
  EXPECT_EQ(histogram(catalogue::kAppendBatchCommands).count(), 1U);
  EXPECT_EQ(histogram(catalogue::kCommitSeconds).count(), 0U);
}

TEST_F(ServiceMetrics, CountsHttpRequestsByRouteAndStatus) {
  service.record_http_request("/metrics", 200);
  service.record_http_request("/metrics", 200);
  service.record_http_request("/health/ready", 503);
  service.record_http_request("", 404);
  const auto count = [&](const char* handler, const char* code) {
    return value(catalogue::kHttpRequestsTotal, {{"handler", handler}, {"code", code}});
  };
  EXPECT_EQ(count("/metrics", "200"), 2);
  EXPECT_EQ(count("/health/ready", "503"), 1);
  EXPECT_EQ(count("unmatched", "404"), 1);
  EXPECT_EQ(series(catalogue::kHttpRequestsTotal), 3U);
}

TEST_F(ServiceMetrics, ShowsTheStateOfHealthChecks) {
  service.update_health_status("store:reads", 2);
  service.update_health_status("disk:free", 2);
  service.update_health_status("disk:free", 0);
  EXPECT_EQ(value(catalogue::kHealthStatus, {{"check", "store:reads"}}), 2);
  EXPECT_EQ(value(catalogue::kHealthStatus, {{"check", "disk:free"}}), 0);
}

TEST_F(ServiceMetrics, DescribesTheStoreAndItsAvailability) {
  service.store_availability(false);
  EXPECT_EQ(series(catalogue::kStoreUp), 0U);
  service.describe_store({"sqlite", "full", "sqlite:/tmp/a"}, {17});
  EXPECT_EQ(value(catalogue::kStoreUp, {{"backend", "sqlite"}}), 1);
  EXPECT_EQ(value(catalogue::kStoreHeadPosition), 17);
  service.store_availability(false);
  EXPECT_EQ(value(catalogue::kStoreUp, {{"backend", "sqlite"}}), 0);
  service.store_availability(true);
  EXPECT_EQ(value(catalogue::kStoreUp, {{"backend", "sqlite"}}), 1);
  const FamilySnapshot build = *snapshot().find(catalogue::kBuildInfo.name);
  ASSERT_EQ(build.series.size(), 1U);
  EXPECT_EQ(build.series[0].value, 1);
  EXPECT_EQ(build.series[0].labels->values.at(2), "sqlite");
  EXPECT_EQ(build.series[0].labels->values.at(3), "full");
  for (const std::string& label : build.series[0].labels->values) EXPECT_FALSE(label.empty());
}

TEST_F(ServiceMetrics, TakesFiguresOfApplications) {
  service.record_command_executed("import", 2ms, false);
  service.record_events_written(StreamId::literal("order-9"), 5);
  service.record_event_store_operation(StoreOperation::CheckpointSave, 1ms);
  service.update_stream_version(StreamId::literal("order-9"), {5});
  service.record_projection_event("sales", 1500ms);
  service.record_projection_event("sales", 500ms);
  service.update_connection_pool_size(4);
  service.update_connection_pool_max_size(8, "replica");
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "import"}}), 1);
  EXPECT_EQ(value(catalogue::kCommandErrorsTotal, {{"command_type", "import"}}), 1);
  EXPECT_EQ(value(catalogue::kEventsWrittenTotal, {{"category", "order"}}), 5);
  EXPECT_EQ(histogram(catalogue::kEventStoreLatencySeconds, {{"operation", "checkpoint_save"}}).sum,
            0.001);
  EXPECT_EQ(value(catalogue::kStreamVersions, {{"stream_id", "order-9"}}), 5);
  EXPECT_EQ(value(catalogue::kProjectionEventsProcessedTotal, {{"projection_name", "sales"}}), 2);
  EXPECT_EQ(value(catalogue::kProjectionLagSeconds, {{"projection_name", "sales"}}), 0.5);
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, {{"pool", "default"}}), 4);
  EXPECT_EQ(value(catalogue::kConnectionPoolMaxSize, {{"pool", "replica"}}), 8);
}

TEST_F(ServiceMetrics, ShowsGivenFiguresInsteadOfMeasuredOnes) {
  EXPECT_GT(value(catalogue::kMemoryUsageBytes), 100'000);
  service.update_memory_usage(5);
  EXPECT_EQ(value(catalogue::kMemoryUsageBytes), 5);
  EXPECT_EQ(value(catalogue::kActiveStreams), 0);
  service.update_active_streams(77);
  EXPECT_EQ(value(catalogue::kActiveStreams), 77);
}

TEST_F(ServiceMetrics, AConflictOfTheStoreIsNoError) {
  const Error conflict = make_error(ErrorCode::VersionConflict, "moved");
  const Error down = make_error(ErrorCode::Unavailable, "down");
  service.record_event_store_operation(StoreOperation::Write, 1ms);
  service.record_event_store_operation(StoreOperation::Write, 1ms, &conflict);
  service.record_event_store_operation(StoreOperation::Write, 1ms, &down);
  const auto operations = [&](std::string_view result) {
    return value(catalogue::kEventStoreOperationsTotal,
                 {{"operation", "write"}, {"result", result}});
  };
  EXPECT_EQ(operations("ok"), 1);
  EXPECT_EQ(operations("conflict"), 1);
  EXPECT_EQ(operations("error"), 1);
  EXPECT_EQ(value(catalogue::kEventStoreErrorsTotal,
                  {{"operation", "write"}, {"error_type", "unavailable"}}),
            1);
  EXPECT_EQ(value(catalogue::kEventStoreErrorsTotal,
                  {{"operation", "write"}, {"error_type", "version_conflict"}}),
            0);
  EXPECT_EQ(histogram(catalogue::kEventStoreLatencySeconds, {{"operation", "write"}}).count(), 3U);
}

TEST_F(ServiceMetrics, KnowsItsProcess) {
  EXPECT_GT(value(catalogue::kProcessResidentMemoryBytes), 100'000);
  EXPECT_GE(value(catalogue::kProcessVirtualMemoryBytes),
            value(catalogue::kProcessResidentMemoryBytes));
  EXPECT_GE(value(catalogue::kProcessCpuSecondsTotal), 0);
  EXPECT_GE(value(catalogue::kProcessThreads), 1);
  EXPECT_GE(value(catalogue::kProcessOpenFds), 3);
  EXPECT_GE(value(catalogue::kProcessMaxFds), value(catalogue::kProcessOpenFds));
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(value(catalogue::kProcessStartTimeSeconds), now, 3600);
}

TEST_F(ServiceMetrics, ExportsAPageAndTimesIt) {
  service.command_finished(placed_order().get());
  const MetricsPage page = service.export_metrics();
  EXPECT_EQ(page.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("\neventcore_commands_total{command_type=\"place_order\"} 1\n"));
  EXPECT_EQ(histogram(catalogue::kMetricsScrapeSeconds).count(), 1U);
  EXPECT_EQ(page.content_encoding, "");
  EXPECT_THAT(service.export_metrics().body,
              HasSubstr("eventcore_metrics_scrape_seconds_count 1\n"));
}

TEST_F(ServiceMetrics, ShowsMetricsOfTheApplicationToo) {
  const auto users =
      service.registry().add<Counter>({.name = "shop_users_total", .help = "Users."});
  users.value().increment();
  EXPECT_THAT(service.export_metrics().body, HasSubstr("\nshop_users_total 1\n"));
}

TEST_F(ServiceMetrics, LosesNothingUnderConcurrency) {
  constexpr int kThreads = 4;
  constexpr int kCommands = 2'000;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Sample sample = placed_order();
        const std::string order = "order-" + std::to_string(t);
        sample.streams[0].stream = order;
        sample.record.started = clock.now();
        for (int i = 0; i < kCommands; ++i) service.command_finished(sample.get());
      });
    }
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(service.export_metrics().body.empty());
  }
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "place_order"}}),
            kThreads * kCommands);
  EXPECT_EQ(value(catalogue::kEventsWrittenTotal, {{"category", "product"}}),
            3 * kThreads * kCommands);
  EXPECT_EQ(value(catalogue::kActiveStreams), kThreads + 3);
}

}  // namespace
}  // namespace eventcore::observability
