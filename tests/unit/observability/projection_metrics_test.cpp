// What a service shows of projections: counts from their runners, and lag from their store.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "eventcore/memory_store.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/observability/metrics_service.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/store_administration.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventually.hpp"
#include "fragile_store.hpp"

namespace eventcore::observability {
namespace {

using namespace std::chrono_literals;

Deadline patience() { return Deadline::after(kPatience); }

/// Does with each event what a test says.
class Told final : public EventProjector {
 public:
  using Apply = std::function<Result<void>(Position)>;
  explicit Told(Apply apply = {}, ProjectorDescription description = {.name = "sales"})
      : EventProjector(std::move(description)), apply_(std::move(apply)) {}

 private:
  Result<void> apply_stored(const StoredEvent& event, const ProjectionContext&) override {
    return apply_ ? apply_(event.position) : Result<void>();
  }
  const Apply apply_;
};

class ProjectionMetrics : public ::testing::Test {
 protected:
  void write(int count) {
    for (int i = 0; i < count; ++i) {
      const EventToWrite event{
          .stream = StreamId::literal("sale-1"), .type = "sold", .payload = "{}"};
      ASSERT_TRUE(store.write_events({&event, 1}));
    }
  }
  [[nodiscard]] std::unique_ptr<ProjectionRunner> run(Told::Apply apply = {},
                                                      ProjectorDescription description = {
                                                          .name = "sales"}) {
    ProjectionRunnerOptions options;
    options.failure = {.attempts = 2,
                       .pause_first = 1ms,
                       .pause_max = 1ms,
                       .then = FailurePolicy::Then::DeadLetter};
    options.probe = service;
    options.request_poll = 5ms;
    auto runner = ProjectionRunner::open(
        store, std::make_shared<Told>(std::move(apply), std::move(description)), options);
    EXPECT_TRUE(runner);
    return runner ? std::move(*runner) : nullptr;
  }
  /// The value of a series; nothing if it is not on the page.
  std::optional<double> value(const MetricDescription& metric, std::string_view label = {},
                              std::string_view is = {}) {
    const MetricsSnapshot snapshot = service->registry().snapshot();
    if (label.empty()) return snapshot.value(metric.name, {{"projection_name", "sales"}});
    return snapshot.value(metric.name, {{"projection_name", "sales"}, {label, is}});
  }
  std::uint64_t recorded(const MetricDescription& metric) {
    return service->registry()
        .snapshot()
        .histogram(metric.name, {{"projection_name", "sales"}})
        .count();
  }

  eventcore::testing::ManualClock clock;
  FragileStore store{clock};
  std::shared_ptr<MetricsService> service =
      std::make_shared<MetricsService>(MetricsOptions{.clock = &clock});
};

TEST_F(ProjectionMetrics, CountWhatIsProcessed) {
  const auto runner = run();
  const MetricsWatch watch = service->watch(*runner);
  EXPECT_EQ(value(catalogue::kProjectionEventsProcessedTotal), 0) << "there from the start";
  EXPECT_EQ(value(catalogue::kProjectionErrorsTotal, "error_type", "decode"), 0);
  EXPECT_EQ(value(catalogue::kProjectionLastProcessedEventTimestampSeconds), std::nullopt);
  write(3);
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(value(catalogue::kProjectionEventsProcessedTotal), 3);
  EXPECT_EQ(recorded(catalogue::kProjectionBatchEvents), 1U);
  EXPECT_EQ(recorded(catalogue::kProjectionHandleSeconds), 1U);
  EXPECT_EQ(recorded(catalogue::kProjectionBatchSeconds), 1U);
  EXPECT_EQ(recorded(catalogue::kProjectionCheckpointSeconds), 1U);
  const double now =
      std::chrono::duration<double>(system_clock().wall().time_since_epoch()).count();
  EXPECT_NEAR(*value(catalogue::kProjectionLastProcessedEventTimestampSeconds), now, 600);
  EXPECT_NEAR(*value(catalogue::kProjectionLastSuccessTimestampSeconds), now, 600);
  EXPECT_NEAR(*value(catalogue::kProjectionLastPollTimestampSeconds), now, 600);
  EXPECT_EQ(value(catalogue::kProjectionVersionInfo, "version", "1"), 1);
}

TEST_F(ProjectionMetrics, ShowTheLagOfAProjectionThatNobodyRuns) {
  const auto runner = run();
  const MetricsWatch watch = service->watch(*runner);
  EXPECT_EQ(value(catalogue::kProjectionLagSeconds), 0);
  EXPECT_EQ(value(catalogue::kProjectionLagEvents), 0);
  write(2);
  for (int passed = 5; passed <= 15; passed += 5) {
    clock.advance(5s);
    EXPECT_EQ(value(catalogue::kProjectionLagSeconds), passed);
  }
  EXPECT_EQ(value(catalogue::kProjectionLagEvents), 2);
  EXPECT_EQ(value(catalogue::kProjectionHeadPosition), 2);
  EXPECT_EQ(value(catalogue::kProjectionCheckpointPosition), 0);
  ASSERT_TRUE(runner->drain(patience()));
  clock.advance(1s);
  EXPECT_EQ(value(catalogue::kProjectionLagSeconds), 0);
  EXPECT_EQ(value(catalogue::kProjectionCheckpointPosition), 2);
  EXPECT_EQ(value(catalogue::kProjectionCheckpointBeyondHead), 0);
}

TEST_F(ProjectionMetrics, GoOnGrowingWhileTheStoreIsDown) {
  const auto runner = run();
  const MetricsWatch watch = service->watch(*runner);
  write(1);
  clock.advance(2s);
  EXPECT_EQ(value(catalogue::kProjectionLagSeconds), 2);
  store.down = true;
  clock.advance(30s);
  EXPECT_EQ(value(catalogue::kProjectionLagSeconds), 32);
  EXPECT_EQ(service->registry().snapshot().value(catalogue::kMetricsCollectorAgeSeconds.name,
                                                 {{"collector", "projections"}}),
            30);
}

TEST_F(ProjectionMetrics, DoNotWaitForAStoreThatHangs) {
  const auto runner = run();
  MetricsWatch watch = service->watch(*runner);
  store.held = true;
  EXPECT_EQ(value(catalogue::kProjectionLagSeconds), std::nullopt) << "it would hang here";
  EXPECT_EQ(value(catalogue::kProjectionLeader), 0) << "what needs no store is there";
  store.held = false;
  store.released.set_value();
  EXPECT_TRUE(eventually([&] { return value(catalogue::kProjectionLagSeconds).has_value(); }));
}

TEST_F(ProjectionMetrics, FlagACheckpointBeyondTheHead) {
  const auto runner = run();
  const MetricsWatch watch = service->watch(*runner);
  write(1);
  ProjectionStorage& storage = store.projections();
  const auto lease = storage.acquire_lease({.projection = "sales", .holder = "x", .duration = 1s});
  ASSERT_TRUE(lease);
  ASSERT_TRUE(storage.save({.projection = "sales", .token = lease->lease.token, .position = {9}}));
  EXPECT_EQ(value(catalogue::kProjectionCheckpointBeyondHead), 1);
  EXPECT_EQ(value(catalogue::kProjectionLagEvents), 0);
  EXPECT_EQ(value(catalogue::kProjectionCheckpointPosition), 9);
  EXPECT_EQ(value(catalogue::kProjectionHeadPosition), 1);
}

TEST_F(ProjectionMetrics, CountFailuresLettersAndReplays) {
  std::atomic<bool> heals = false;
  const auto runner = run([&](Position position) -> Result<void> {
    if (heals || position.value == 1) return {};
    return make_error(position.value == 2 ? ErrorCode::DecodeFailed : ErrorCode::HandlerFailed,
                      "it does not like this one");
  });
  const MetricsWatch watch = service->watch(*runner);
  EXPECT_EQ(value(catalogue::kProjectionOldestDeadLetterTimestampSeconds), std::nullopt);
  write(3);
  ASSERT_TRUE(runner->drain(patience()));
  clock.advance(1s);
  EXPECT_EQ(value(catalogue::kProjectionErrorsTotal, "error_type", "decode"), 2);
  EXPECT_EQ(value(catalogue::kProjectionErrorsTotal, "error_type", "apply"), 2);
  EXPECT_EQ(value(catalogue::kProjectionErrorsTotal, "error_type", "store"), 0);
  EXPECT_EQ(value(catalogue::kProjectionRetriesTotal), 2);
  EXPECT_EQ(value(catalogue::kProjectionDeadLetters), 2);
  EXPECT_EQ(value(catalogue::kProjectionDeadLettersTotal, "reason", "decode"), 1);
  EXPECT_EQ(value(catalogue::kProjectionDeadLettersTotal, "reason", "apply"), 1);
  EXPECT_EQ(value(catalogue::kProjectionEventsProcessedTotal), 1);
  const auto letter = store.projections().find_dead_letter("sales", {2});
  ASSERT_TRUE(letter && *letter);
  EXPECT_EQ(value(catalogue::kProjectionOldestDeadLetterTimestampSeconds),
            std::chrono::duration<double>((*letter)->first_failure.time_since_epoch()).count());

  ASSERT_TRUE(store.projections().replay_dead_letter("sales", {2}));
  runner->start();
  const auto replays = [&](std::string_view result) {
    return value(catalogue::kProjectionDeadLetterReplaysTotal, "result", result);
  };
  EXPECT_TRUE(eventually([&] { return replays("error") == 1; }));
  heals = true;
  ASSERT_TRUE(store.projections().replay_dead_letter("sales", {2}));
  EXPECT_TRUE(eventually([&] { return replays("ok") == 1; }));
  clock.advance(1s);
  EXPECT_EQ(value(catalogue::kProjectionDeadLetters), 1);
}

TEST_F(ProjectionMetrics, CountWhatIsSkippedAndWhatCouldNotBeReached) {
  std::atomic<int> outages = 2;
  const auto runner = run([&](Position position) -> Result<void> {
    EXPECT_NE(position.value, 2U);
    if (outages-- > 0) return make_error(ErrorCode::Unavailable, "its database is down");
    return {};
  });
  const MetricsWatch watch = service->watch(*runner);
  write(3);
  ASSERT_TRUE(
      store.projections().acquire_lease({.projection = "sales", .holder = "x", .duration = 1s}));
  clock.advance(1s);
  ASSERT_TRUE(store.projections().skip("sales", {2}));
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(value(catalogue::kProjectionSkippedTotal, "reason", "requested"), 1);
  EXPECT_EQ(value(catalogue::kProjectionErrorsTotal, "error_type", "store"), 2);
  EXPECT_EQ(value(catalogue::kProjectionEventsProcessedTotal), 2);
}

TEST_F(ProjectionMetrics, ShowEventsInFlight) {
  double seen = -1;
  const auto runner = run([&](Position) -> Result<void> {
    seen = value(catalogue::kProjectionInFlightEvents).value_or(-1);
    return {};
  });
  const MetricsWatch watch = service->watch(*runner);
  write(3);
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(value(catalogue::kProjectionInFlightEvents), 0);
}

/// The states of `sales` in one snapshot: how many are 1, and how many are 0.
std::pair<int, int> states(const MetricsService& service) {
  std::pair<int, int> counted{0, 0};
  const MetricsSnapshot snapshot =
      service.registry().snapshot({.names = {std::string(catalogue::kProjectionState.name)}});
  for (const SeriesSnapshot& series : snapshot.families.at(0).series) {
    ++(series.value == 1 ? counted.first : counted.second);
  }
  return counted;
}

TEST_F(ProjectionMetrics, HaveExactlyOneStateAlsoWhileItChanges) {
  const auto first = run();
  const auto second = run();
  const MetricsWatch watch = service->watch(*first);
  const MetricsWatch other = service->watch(*second);
  EXPECT_EQ(value(catalogue::kProjectionState, "state", "stopped"), 1);
  std::jthread scraper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto [ones, zeros] = states(*service);
      ASSERT_EQ(ones, 1);
      ASSERT_EQ(zeros, static_cast<int>(kProjectionStates) - 1);
    }
  });
  first->start();
  second->start();
  for (std::uint64_t i = 1; i <= 25; ++i) {
    write(1);
    ASSERT_TRUE(first->wait_for({i}, patience()));
  }
  ASSERT_TRUE(first->stop());
  write(25);
  ASSERT_TRUE(second->wait_for({50}, patience()));
  EXPECT_TRUE(
      eventually([&] { return value(catalogue::kProjectionState, "state", "caught_up") == 1; }));
  EXPECT_EQ(value(catalogue::kProjectionLeader), 1) << "the leader is shown";
}

TEST_F(ProjectionMetrics, ShowHowFarARebuildIs) {
  std::atomic<std::uint64_t> gate = UINT64_MAX;
  const auto runner = run([&](Position position) -> Result<void> {
    while (position.value >= gate) std::this_thread::yield();
    return {};
  });
  const MetricsWatch watch = service->watch(*runner);
  // One event more than a batch has.
  const int count = 4'097;
  write(count);
  EXPECT_EQ(value(catalogue::kProjectionRebuildRunning), 0) << "there from the start";
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(value(catalogue::kProjectionRebuildRunning), 0) << "nobody is at it";
  EXPECT_EQ(value(catalogue::kProjectionRebuildDoneEvents), std::nullopt);

  ASSERT_TRUE(store.projections().rebuild("sales"));
  gate = 1;
  runner->start();
  ASSERT_TRUE(eventually([&] { return value(catalogue::kProjectionRebuildRunning) == 1; }));
  EXPECT_EQ(value(catalogue::kProjectionRebuildDoneEvents), 0) << "before its first batch";
  EXPECT_EQ(value(catalogue::kProjectionRebuildRemainingEvents), count);
  EXPECT_EQ(value(catalogue::kProjectionRebuildProgressRatio), 0);
  EXPECT_EQ(value(catalogue::kProjectionRebuildEtaSeconds), std::nullopt);
  gate = count;
  ASSERT_TRUE(eventually([&] { return value(catalogue::kProjectionRebuildRemainingEvents) == 1; }));
  EXPECT_EQ(value(catalogue::kProjectionRebuildDoneEvents), count - 1);
  EXPECT_EQ(value(catalogue::kProjectionRebuildTargetPosition), count);
  EXPECT_DOUBLE_EQ(*value(catalogue::kProjectionRebuildProgressRatio), (count - 1.0) / count);
  EXPECT_GT(value(catalogue::kProjectionRebuildEtaSeconds), 0);
  gate = UINT64_MAX;
  EXPECT_TRUE(eventually([&] { return value(catalogue::kProjectionRebuildRunning) == 0; }));
  EXPECT_EQ(value(catalogue::kProjectionRebuildEtaSeconds), std::nullopt);
}

TEST_F(ProjectionMetrics, AreGoneWithTheirWatch) {
  const auto runner = run({}, {.name = "sales", .version = 2});
  const MetricsSnapshot::Labels labels = {{"projection_name", "sales@2"}};
  const auto leader = [&] {
    return service->registry().snapshot().value(catalogue::kProjectionLeader.name, labels);
  };
  MetricsWatch watch = service->watch(*runner);
  EXPECT_EQ(leader(), 0);
  EXPECT_EQ(
      service->registry().snapshot().value(catalogue::kProjectionVersionInfo.name,
                                           {{"projection_name", "sales@2"}, {"version", "2"}}),
      1);
  watch.reset();
  EXPECT_EQ(leader(), std::nullopt);
  watch = service->watch(*runner);
  service.reset();
  watch.reset();
}

TEST_F(ProjectionMetrics, WhatTheStoreSaysCountsMoreThanWhatAnApplicationSaid) {
  service->record_projection_event("sales", 700ms);
  EXPECT_EQ(value(catalogue::kProjectionLagSeconds), 0.7);
  const auto runner = run();
  const MetricsWatch watch = service->watch(*runner);
  EXPECT_EQ(value(catalogue::kProjectionLagSeconds), 0);
}

}  // namespace
}  // namespace eventcore::observability
