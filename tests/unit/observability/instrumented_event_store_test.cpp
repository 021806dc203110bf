#include "eventcore/observability/instrumented_event_store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "eventcore/memory_store.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::observability {
namespace {

using namespace std::chrono_literals;

/// A store that completes operations when a test says so.
class HeldStore final : public EventStore {
 public:
  void submit_append(AppendOperation& operation) override { appends.push_back(&operation); }
  void submit_read(ReadOperation& operation) override { reads.push_back(&operation); }
  Position head() const noexcept override { return {17}; }
  HeadWatcher& head_watcher() noexcept override { return memory_->head_watcher(); }
  const StoreDescription& description() const noexcept override { return memory_->description(); }
  StoreAdministration& administration() noexcept override { return memory_->administration(); }
  ProjectionStorage& projections() noexcept override { return memory_->projections(); }
  Result<void> close(Deadline deadline) override { return memory_->close(deadline); }

  std::vector<AppendOperation*> appends;
  std::vector<ReadOperation*> reads;

 private:
  std::unique_ptr<EventStore> memory_ = open_memory_store();
};

class Append final : public AppendOperation {
 public:
  std::optional<Result<WriteResult>> result;

 private:
  void completed(Result<WriteResult> given) noexcept override { result.emplace(std::move(given)); }
};

class Read final : public ReadOperation {
 public:
  explicit Read(ReadQuery what) { query = std::move(what); }
  std::optional<Result<EventPage>> result;

 private:
  void completed(Result<EventPage> given) noexcept override { result.emplace(std::move(given)); }
};

class InstrumentedStore : public ::testing::Test {
 protected:
  HistogramValue latency(std::string_view operation) {
    return metrics->registry().snapshot().histogram(catalogue::kEventStoreLatencySeconds.name,
                                                    {{"operation", operation}});
  }
  double operations(std::string_view operation, std::string_view result) {
    return value(catalogue::kEventStoreOperationsTotal,
                 {{"operation", operation}, {"result", result}});
  }
  double value(const MetricDescription& metric, MetricsSnapshot::Labels labels = {}) {
    return metrics->registry().snapshot().value(metric.name, labels).value_or(-1);
  }
  double written(std::string_view category) {
    return value(catalogue::kEventsWrittenTotal, {{"category", category}});
  }
  std::unique_ptr<EventStore> take_held() {
    auto store = std::make_unique<HeldStore>();
    held = store.get();
    return store;
  }

  eventcore::testing::ManualClock clock;
  std::shared_ptr<MetricsService> metrics =
      std::make_shared<MetricsService>(MetricsOptions{.clock = &clock});
  HeldStore* held = nullptr;
};

EventToWrite event(std::string_view stream) {
  return {.stream = StreamId::parse(stream).value(), .type = "happened", .payload = "{}"};
}

TEST_F(InstrumentedStore, TimesAnAppendFromSubmissionToCompletion) {
  InstrumentedEventStore store(take_held(), metrics);
  EXPECT_EQ(store.head(), Position{17});
  EXPECT_EQ(value(catalogue::kStoreHeadPosition), 17);
  Append append;
  store.submit_append(append);
  clock.advance(5ms);
  ASSERT_EQ(held->appends.size(), 1U);
  EXPECT_EQ(held->appends[0], &append) << "the store sees the operation itself";
  EXPECT_EQ(latency("write").count(), 0U);
  append.finish(WriteResult{});
  EXPECT_EQ(latency("write").count(), 1U);
  EXPECT_EQ(latency("write").sum, 0.005);
  EXPECT_EQ(operations("write", "ok"), 1);
  ASSERT_TRUE(append.result.has_value());
  EXPECT_TRUE(append.result->has_value());
}

TEST_F(InstrumentedStore, TimesFailedCallsToo) {
  InstrumentedEventStore store(take_held(), metrics);
  Append append;
  store.submit_append(append);
  Read read(StreamsQuery{});
  store.submit_read(read);
  clock.advance(2ms);
  append.finish(make_error(ErrorCode::CommitInDoubt, "lost"));
  read.finish(make_error(ErrorCode::Unavailable, "down"));
  EXPECT_EQ(latency("write").sum, 0.002);
  EXPECT_EQ(latency("read").sum, 0.002);
  EXPECT_EQ(operations("write", "error"), 1);
  EXPECT_EQ(operations("read", "error"), 1);
  EXPECT_EQ(value(catalogue::kEventStoreErrorsTotal,
                  {{"operation", "write"}, {"error_type", "commit_in_doubt"}}),
            1);
  EXPECT_EQ(append.result->error().code, ErrorCode::CommitInDoubt);
}

TEST_F(InstrumentedStore, TellsReadsOfStreamsAndOfTheLogApart) {
  InstrumentedEventStore store(take_held(), metrics);
  Read streams(StreamsQuery{});
  Read log(LogQuery{});
  store.submit_read(streams);
  store.submit_read(log);
  log.finish(EventPage{});
  EXPECT_EQ(latency("read").count(), 0U);
  EXPECT_EQ(latency("read_all").count(), 1U);
  streams.finish(EventPage{});
  EXPECT_EQ(latency("read").count(), 1U);
}

TEST_F(InstrumentedStore, LeavesTakingBackToTheOperation) {
  InstrumentedEventStore store(take_held(), metrics);
  Append first;
  Append second;
  second.predecessors = {&first};
  store.submit_append(first);
  store.submit_append(second);
  EXPECT_TRUE(first.cancel());
  EXPECT_FALSE(held->appends[0]->admit());
  EXPECT_TRUE(held->appends[1]->has_rejected_predecessor());
  first.finish(make_error(ErrorCode::Cancelled, "taken back"));
  second.finish(make_error(ErrorCode::VersionConflict, "its predecessor was taken back"));
  EXPECT_EQ(operations("write", "error"), 1);
  EXPECT_EQ(operations("write", "conflict"), 1);
}

TEST_F(InstrumentedStore, CountsOnceInsideAnother) {
  InstrumentedEventStore store(std::make_unique<InstrumentedEventStore>(take_held(), metrics),
                               metrics);
  Append append;
  store.submit_append(append);
  append.finish(WriteResult{});
  EXPECT_EQ(operations("write", "ok"), 1);
}

TEST_F(InstrumentedStore, CountsEventsThatNoCommandMade) {
  InstrumentedEventStore store(open_memory_store({.probe = metrics}), metrics);
  const std::vector<EventToWrite> events{event("order-1"), event("product-1"), event("product-2"),
                                         event("product-2")};
  ASSERT_TRUE(store.write_events(events));
  EXPECT_EQ(written("order"), 1);
  EXPECT_EQ(written("product"), 3);
  EXPECT_EQ(value(catalogue::kActiveStreams), 3);
  EXPECT_EQ(value(catalogue::kStreamVersions, {{"stream_id", "product-2"}}), 2);
  EXPECT_EQ(value(catalogue::kStoreHeadPosition), 4);
  EXPECT_EQ(metrics->registry().snapshot().histogram(catalogue::kAppendBatchEvents.name).sum, 4);
  ASSERT_TRUE(store.read_stream(StreamId::literal("order-1")));
  EXPECT_EQ(operations("read", "ok"), 1);
}

TEST_F(InstrumentedStore, LeavesEventsOfCommandsToTheExecutor) {
  InstrumentedEventStore store(open_memory_store(), metrics);
  WriteBatch batch = WriteBatch::of(std::vector{event("order-1")}).value();
  batch.info.id = mint_uuid_now(clock);
  batch.info.command_type = "place_order";
  ASSERT_TRUE(store.append(batch));
  EXPECT_EQ(operations("write", "ok"), 1);
  EXPECT_EQ(written("order"), -1);
}

TEST_F(InstrumentedStore, ARefusedOrRepeatedBatchAddsNoEvents) {
  InstrumentedEventStore store(take_held(), metrics);
  Append refused;
  Append repeated;
  for (Append* append : {&refused, &repeated}) {
    append->batch = WriteBatch::of(std::vector{event("order-1")}).value();
    store.submit_append(*append);
  }
  refused.finish(make_error(ErrorCode::VersionConflict, "moved"));
  repeated.finish(WriteResult{{1}, {1}, {}, true});
  EXPECT_EQ(written("order"), -1);
}

}  // namespace
}  // namespace eventcore::observability
