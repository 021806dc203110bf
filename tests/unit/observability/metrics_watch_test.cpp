// What a service looks at when somebody scrapes: executors, stores, pools, disks, itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "eventcore/command_executor.hpp"
#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/observability/instrumented_command_executor.hpp"
#include "eventcore/observability/instrumented_event_store.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/store_administration.hpp"
#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::observability {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A store that says what a test wants of its pools and its disk.
class TalkingStore final : public EventStore, private StoreAdministration {
 public:
  void submit_append(AppendOperation& operation) override { memory_->submit_append(operation); }
  void submit_read(ReadOperation& operation) override { memory_->submit_read(operation); }
  Position head() const noexcept override { return memory_->head(); }
  HeadWatcher& head_watcher() noexcept override { return memory_->head_watcher(); }
  const StoreDescription& description() const noexcept override { return memory_->description(); }
  StoreAdministration& administration() noexcept override { return *this; }
  ProjectionStorage& projections() noexcept override { return memory_->projections(); }
  Result<void> close(Deadline deadline) override { return memory_->close(deadline); }

  StoreFigures told_figures;
  StoreSpace told_space;
  std::optional<std::chrono::nanoseconds> told_blocking_age;
  mutable int looks_at_disk = 0;

 private:
  Result<std::vector<StreamSummary>> list_streams(const StreamListQuery& query) override {
    return memory_->administration().list_streams(query);
  }
  Result<StoreStats> stats() override { return memory_->administration().stats(); }
  StoreFigures figures() const override { return told_figures; }
  StoreSpace space() const override {
    ++looks_at_disk;
    return told_space;
  }
  std::optional<std::chrono::nanoseconds> blocking_transaction_age() const override {
    return told_blocking_age;
  }
  Result<VerifyReport> verify(const Progress& progress) override {
    return memory_->administration().verify(progress);
  }
  Result<void> check_batches(Position after, Position until) override {
    return memory_->administration().check_batches(after, until);
  }
  Result<void> import_batch(WriteBatch& batch, Position first, Timestamp time) override {
    return memory_->administration().import_batch(batch, first, time);
  }
  Result<void> record_care(CareTask task, const CareRecord& record) override {
    return memory_->administration().record_care(task, record);
  }
  Result<StoreCare> care() override { return memory_->administration().care(); }

  std::unique_ptr<EventStore> memory_ = open_memory_store();
};

class WatchedMetrics : public ::testing::Test {
 protected:
  double value(const MetricDescription& metric, MetricsSnapshot::Labels labels = {}) {
    return service->registry().snapshot().value(metric.name, labels).value_or(-1);
  }
  std::size_t series(const MetricDescription& metric) {
    return service->registry().snapshot().find(metric.name)->series.size();
  }
  HistogramValue histogram(const MetricDescription& metric, MetricsSnapshot::Labels labels = {}) {
    return service->registry().snapshot().histogram(metric.name, labels);
  }

  eventcore::testing::ManualClock clock;
  std::shared_ptr<MetricsService> service = std::make_shared<MetricsService>(
      MetricsOptions{.scrape_interval = 15s, .slow_collector_interval = 10s, .clock = &clock});
};

struct Noted {
  std::int64_t number = 0;
  static constexpr auto describe() {
    return describe_event("noted", 1, field("number", &Noted::number));
  }
};
struct Notes {
  using Events = std::variant<Noted>;
  static void apply(Notes&, const Events&, const EventInfo&) {}
};
/// Runs something while it is under way.
struct Note {
  static constexpr std::string_view name = "note";
  using Event = std::variant<Noted>;
  std::function<void()> meanwhile = {};

  auto reads() const { return eventcore::reads(stream<Notes>(StreamId::literal("note-1"))); }
  Decision handle(const Notes&, Emitter<Event>& emit) const {
    if (meanwhile) meanwhile();
    emit(StreamId::literal("note-1"), Noted{1});
    return accept();
  }
};

TEST_F(WatchedMetrics, CountCommandsUnderWayOfAllExecutors) {
  const auto store = open_memory_store();
  EXPECT_EQ(value(catalogue::kCommandsInFlight), 0);
  {
    InstrumentedCommandExecutor first(*store, service);
    InstrumentedCommandExecutor second(*store, service);
    double outer = 0;
    double inner = 0;
    ASSERT_TRUE(first.execute(Note{[&] { outer = value(catalogue::kCommandsInFlight); }}));
    EXPECT_EQ(outer, 1);
    ASSERT_TRUE(second.submit(Note{[&] { inner = value(catalogue::kCommandsInFlight); }},
                              [](const auto&) {}));
    ASSERT_TRUE(second.shutdown());
    EXPECT_EQ(inner, 1);
    EXPECT_EQ(value(catalogue::kCommandsInFlight), 0);
  }
  EXPECT_EQ(value(catalogue::kCommandsInFlight), 0) << "executors that are gone are not asked";
}

TEST_F(WatchedMetrics, ForgetAnExecutorThatIsOwnedByItsBase) {
  const auto store = open_memory_store();
  std::unique_ptr<CommandExecutor> executor =
      std::make_unique<InstrumentedCommandExecutor>(*store, service);
  EXPECT_EQ(series(catalogue::kMetricsTimingWeight), 2U);
  executor.reset();
  EXPECT_EQ(series(catalogue::kMetricsTimingWeight), 0U);
}

TEST_F(WatchedMetrics, SayWhatAMeasuredCommandStandsFor) {
  const auto store = open_memory_store();
  const auto weight_of = [&](std::string_view timed) {
    return service->registry().snapshot().value(catalogue::kMetricsTimingWeight.name,
                                                {{"timed", timed}});
  };
  EXPECT_EQ(series(catalogue::kMetricsTimingWeight), 0U);
  const CommandExecutor all(*store, {.phase_timing = PhaseTiming::Always});
  const MetricsWatch watch = service->watch(all);
  EXPECT_EQ(weight_of("phases"), 1);
  {
    const InstrumentedCommandExecutor sampled(*store, service);
    EXPECT_EQ(weight_of("phases"), 16);
    EXPECT_EQ(weight_of("command"), 1);
  }
  EXPECT_EQ(weight_of("phases"), 1);
}

TEST(UntimedMetrics, TimeOneCommandInSixteenAndCountAll) {
  const auto service =
      std::make_shared<MetricsService>(MetricsOptions{.time_every_command = false});
  const auto store = open_memory_store({.probe = service});
  InstrumentedCommandExecutor executor(*store, service);
  for (int i = 0; i < 1'600; ++i) ASSERT_TRUE(executor.execute(Note{[] {}}));
  const MetricsSnapshot snapshot = service->registry().snapshot();
  const std::string_view type = Note::name;
  EXPECT_EQ(snapshot.value(catalogue::kCommandsTotal.name, {{"command_type", type}}), 1'600);
  const auto timed =
      snapshot.histogram(catalogue::kCommandDurationSeconds.name, {{"command_type", type}}).count();
  EXPECT_NEAR(static_cast<double>(timed), 100, 30);
  EXPECT_EQ(snapshot.value(catalogue::kMetricsTimingWeight.name, {{"timed", "command"}}), 16);
}

TEST_F(WatchedMetrics, ShowWhatAStoreHolds) {
  EXPECT_EQ(series(catalogue::kStoreEvents), 0U);
  {
    InstrumentedEventStore store(open_memory_store({.clock = &clock}), service);
    EXPECT_EQ(value(catalogue::kStoreEvents), 0);
    EXPECT_EQ(value(catalogue::kStoreStreams), 0);
    EXPECT_EQ(series(catalogue::kStoreLastAppendTimestampSeconds), 0U) << "never is not 1970";
    const EventToWrite event{
        .stream = StreamId::literal("a-1"), .type = "happened", .payload = "{}"};
    ASSERT_TRUE(store.write_events({&event, 1}));
    ASSERT_TRUE(store.write_events({&event, 1}));
    EXPECT_EQ(value(catalogue::kStoreEvents), 2);
    EXPECT_EQ(value(catalogue::kStoreStreams), 1);
    EXPECT_EQ(value(catalogue::kStoreLastAppendTimestampSeconds),
              std::chrono::duration<double>(clock.wall().time_since_epoch()).count());
    clock.advance(10s);
    EXPECT_GT(value(catalogue::kStoreSizeBytes), 0);
    EXPECT_EQ(series(catalogue::kStoreDiskFreeBytes), 0U) << "memory is on no disk";
  }
  EXPECT_EQ(series(catalogue::kStoreEvents), 0U) << "a store that is gone is not asked";
}

TEST_F(WatchedMetrics, ShowTheStoreThatWasWatchedLast) {
  TalkingStore first;
  first.told_figures.events = 11;
  TalkingStore second;
  second.told_figures.events = 22;
  const MetricsWatch watch = service->watch(first);
  EXPECT_EQ(value(catalogue::kStoreEvents), 11);
  {
    const MetricsWatch other = service->watch(second);
    EXPECT_EQ(value(catalogue::kStoreEvents), 22);
  }
  EXPECT_EQ(value(catalogue::kStoreEvents), 11);
}

TEST_F(WatchedMetrics, AWatchMayOutliveItsService) {
  TalkingStore store;
  MetricsWatch watch = service->watch(store);
  service.reset();
  watch.reset();
}

TEST_F(WatchedMetrics, LookAtTheDiskOnceInAWhile) {
  TalkingStore store;
  store.told_space = {.size_bytes = 100, .disk_size_bytes = 5'000, .disk_free_bytes = 3'000};
  const MetricsWatch watch = service->watch(store);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(value(catalogue::kStoreSizeBytes), 100);
    EXPECT_EQ(value(catalogue::kStoreDiskSizeBytes), 5'000);
    EXPECT_EQ(value(catalogue::kStoreDiskFreeBytes), 3'000);
  }
  EXPECT_EQ(store.looks_at_disk, 1);
  const auto age = [&] {
    return value(catalogue::kMetricsCollectorAgeSeconds, {{"collector", "disk"}});
  };
  EXPECT_EQ(age(), 0);
  clock.advance(9s);
  store.told_space.disk_free_bytes = 10;
  EXPECT_EQ(age(), 9);
  EXPECT_EQ(value(catalogue::kStoreDiskFreeBytes), 3'000);
  clock.advance(1s);
  EXPECT_EQ(value(catalogue::kStoreDiskFreeBytes), 10);
  EXPECT_EQ(age(), 0);
  EXPECT_EQ(store.looks_at_disk, 2);
}

TEST_F(WatchedMetrics, ShowWhatHoldsUpAppendsToASharedStore) {
  TalkingStore store;
  const MetricsWatch watch = service->watch(store);
  EXPECT_EQ(series(catalogue::kStoreBlockingTransactionAgeSeconds), 0U) << "it has no such";
  store.told_blocking_age = 1500ms;
  clock.advance(10s);
  EXPECT_EQ(value(catalogue::kStoreBlockingTransactionAgeSeconds), 1.5);
  EXPECT_EQ(value(catalogue::kMetricsCollectorAgeSeconds, {{"collector", "locks"}}), 0);
  service->group_committed({.commands = 1, .head = {}});
  EXPECT_EQ(histogram(catalogue::kCommitLockWaitSeconds).count(), 0U) << "nobody takes turns";
  service->group_committed({.commands = 1, .head = {}, .lock_wait = 30ms});
  EXPECT_EQ(histogram(catalogue::kCommitLockWaitSeconds).count(), 1U);
  EXPECT_EQ(histogram(catalogue::kCommitLockWaitSeconds).sum, 0.03);
}

TEST_F(WatchedMetrics, ShowHowTheStoreIsLookedAfter) {
  TalkingStore store;
  const MetricsWatch watch = service->watch(store);
  const MetricsSnapshot::Labels backup = {{"task", "backup"}};
  EXPECT_EQ(series(catalogue::kStoreCareAgeSeconds), 0U) << "nothing was done";
  EXPECT_EQ(series(catalogue::kStoreCareFailed), 0U);
  EXPECT_EQ(series(catalogue::kStoreBackupPendingEvents), 0U);
  StoreAdministration& administration = store.administration();
  ASSERT_TRUE(administration.record_care(
      CareTask::Backup, {.time = clock.wall(), .position = {40}, .size_bytes = 9'000}));
  ASSERT_TRUE(administration.record_care(CareTask::Verify, {.time = clock.wall(), .findings = 2}));
  store.told_figures.events = 42;
  clock.advance(60s);
  EXPECT_EQ(value(catalogue::kStoreCareAgeSeconds, backup), 60);
  EXPECT_EQ(value(catalogue::kStoreCareFailed, backup), 0);
  EXPECT_EQ(value(catalogue::kStoreBackupSizeBytes), 9'000);
  EXPECT_EQ(value(catalogue::kStoreBackupPendingEvents), 2);
  EXPECT_EQ(value(catalogue::kStoreVerifyFindings), 2);
  EXPECT_EQ(value(catalogue::kMetricsCollectorAgeSeconds, {{"collector", "care"}}), 0);
  ASSERT_TRUE(
      administration.record_care(CareTask::Backup, {.time = clock.wall(), .succeeded = false}));
  clock.advance(60s);
  EXPECT_EQ(value(catalogue::kStoreCareFailed, backup), 1);
  EXPECT_EQ(value(catalogue::kStoreCareAgeSeconds, backup), 120) << "of the last success";
}

TEST_F(WatchedMetrics, SayHowOldTheirOwnLooksAre) {
  const auto age = [&](std::string_view collector) {
    return value(catalogue::kMetricsCollectorAgeSeconds, {{"collector", collector}});
  };
  EXPECT_EQ(age("process"), 0);
  EXPECT_EQ(age("memory_limit"), 0);
  EXPECT_EQ(age("disk"), -1) << "there is no store";
  EXPECT_EQ(age("locks"), -1);
  EXPECT_EQ(age("projections"), -1) << "none is watched";
  clock.advance(5s);
  EXPECT_EQ(age("process"), 0) << "read at every scrape";
  EXPECT_EQ(age("memory_limit"), 5);
}

TEST_F(WatchedMetrics, ShowPoolsOfTheStore) {
  TalkingStore store;
  store.told_figures.pools = {
      {.name = "readers", .size = 5, .size_max = 8, .in_use = 2, .pending = 3}};
  const MetricsWatch watch = service->watch(store);
  const MetricsSnapshot::Labels readers = {{"pool", "readers"}};
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, readers), 5);
  EXPECT_EQ(value(catalogue::kConnectionPoolMaxSize, readers), 8);
  EXPECT_EQ(value(catalogue::kConnectionPoolInUse, readers), 2);
  EXPECT_EQ(value(catalogue::kConnectionPoolIdle, readers), 3);
  EXPECT_EQ(value(catalogue::kConnectionPoolPendingRequests, readers), 3);
  EXPECT_EQ(value(catalogue::kConnectionPoolTimeoutsTotal, readers), 0) << "there from the start";
  EXPECT_EQ(histogram(catalogue::kConnectionPoolWaitSeconds, readers).count(), 0U);
}

TEST_F(WatchedMetrics, WhatAnApplicationSaysOfAPoolCountsMore) {
  TalkingStore store;
  store.told_figures.pools = {{.name = "readers", .size = 5, .size_max = 8},
                              {.name = "writer", .size = 1, .size_max = 1}};
  service->update_connection_pool_size(77, "readers");
  service->update_connection_pool_max_size(9, "orders");
  const MetricsWatch watch = service->watch(store);
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, {{"pool", "readers"}}), 77);
  EXPECT_EQ(value(catalogue::kConnectionPoolMaxSize, {{"pool", "readers"}}), 8)
      << "it said nothing of that";
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, {{"pool", "writer"}}), 1);
  EXPECT_EQ(value(catalogue::kConnectionPoolMaxSize, {{"pool", "orders"}}), 9);
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, {{"pool", "orders"}}), -1);
}

TEST_F(WatchedMetrics, BoundThePoolsThatApplicationsName) {
  for (int i = 0; i < 15; ++i) {
    service->update_connection_pool_size(i, "pool-" + std::to_string(i));
  }
  EXPECT_EQ(series(catalogue::kConnectionPoolSize), 11U);
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, {{"pool", "pool-9"}}), 9);
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, {{"pool", "__overflow__"}}), 14);
  service->update_connection_pool_size(1, "pool-9");
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, {{"pool", "pool-9"}}), 1);
}

TEST_F(WatchedMetrics, CountUsesOfPools) {
  service->connection_opened("readers", 4ms);
  service->pool_used({.pool = "readers", .wait = 1ms, .use = 2ms, .timed_out = false});
  service->pool_used({.pool = "readers", .wait = 30ms, .use = {}, .timed_out = true});
  const MetricsSnapshot::Labels readers = {{"pool", "readers"}};
  EXPECT_EQ(histogram(catalogue::kConnectionPoolCreateSeconds, readers).sum, 0.004);
  EXPECT_EQ(histogram(catalogue::kConnectionPoolWaitSeconds, readers).sum, 0.031);
  EXPECT_EQ(histogram(catalogue::kConnectionPoolUseSeconds, readers).count(), 1U);
  EXPECT_EQ(histogram(catalogue::kConnectionPoolUseSeconds, readers).sum, 0.002);
  EXPECT_EQ(value(catalogue::kConnectionPoolTimeoutsTotal, readers), 1);
}

TEST_F(WatchedMetrics, KeepTheLongestOperationForTwoScrapes) {
  const auto longest = [&](std::string_view operation) {
    return value(catalogue::kStoreRecentMaxSeconds, {{"operation", operation}});
  };
  clock.advance(1h);
  EXPECT_EQ(series(catalogue::kStoreRecentMaxSeconds),
            std::size(LabelDomain<StoreOperation>::values));
  service->record_event_store_operation(StoreOperation::Write, 80ms);
  service->record_event_store_operation(StoreOperation::Write, 3ms);
  service->record_event_store_operation(StoreOperation::Read, 5ms, nullptr, clock.now());
  EXPECT_EQ(longest("write"), 0.08);
  EXPECT_EQ(longest("read"), 0.005);
  EXPECT_EQ(longest("read_all"), 0);
  clock.advance(30s);
  EXPECT_EQ(longest("write"), 0.08);
  clock.advance(15s);
  EXPECT_EQ(longest("write"), 0);
}

TEST_F(WatchedMetrics, MeasureWhatTheyCost) {
  const MetricsService measuring;
  const auto cost = [](const MetricsService& of, std::string_view operation) {
    return of.registry()
        .snapshot()
        .value(catalogue::kMetricsUpdateCostSeconds.name, {{"operation", operation}})
        .value_or(-1);
  };
  for (const std::string_view operation : {"counter", "histogram", "clock"}) {
    EXPECT_GT(cost(measuring, operation), 0) << operation;
    EXPECT_LT(cost(measuring, operation), 0.001) << operation;
  }
  const MetricsService silent({.measure_update_cost = false});
  EXPECT_EQ(silent.registry().snapshot().find(catalogue::kMetricsUpdateCostSeconds.name), nullptr);
}

TEST_F(WatchedMetrics, KnowTheLimitsOfTheProcess) {
  EXPECT_GT(value(catalogue::kMemoryLimitBytes), 1'000'000);
  EXPECT_GE(value(catalogue::kProcessVirtualMemoryMaxBytes),
            value(catalogue::kProcessVirtualMemoryBytes));
}

}  // namespace
}  // namespace eventcore::observability
