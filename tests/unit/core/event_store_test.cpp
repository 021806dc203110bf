#include "eventcore/event_store.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "eventcore/memory_store.hpp"
#include "eventcore/testing/matchers.hpp"

namespace eventcore {
namespace {

using testing::HasError;
using testing::IsOk;

// Keeps operations until the test finishes them, on whatever thread it likes.
class ManualStore final : public EventStore {
 public:
  bool admit_at_once = false;

  void submit_append(AppendOperation& operation) override {
    if (admit_at_once) {
      EXPECT_TRUE(operation.admit());
    }
    const std::lock_guard lock(mutex_);
    append_ = &operation;
    arrived_.notify_all();
  }
  void submit_read(ReadOperation& operation) override {
    const std::lock_guard lock(mutex_);
    read_ = &operation;
    arrived_.notify_all();
  }
  Position head() const noexcept override { return {}; }
  HeadWatcher& head_watcher() noexcept override { return memory_->head_watcher(); }
  const StoreDescription& description() const noexcept override { return memory_->description(); }
  StoreAdministration& administration() noexcept override { return memory_->administration(); }
  ProjectionStorage& projections() noexcept override { return memory_->projections(); }
  Result<void> close(Deadline) override { return {}; }

  AppendOperation& next_append() { return next(append_); }
  ReadOperation& next_read() { return next(read_); }

 private:
  template <class Operation>
  Operation& next(Operation*& slot) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return slot != nullptr; });
    return *std::exchange(slot, nullptr);
  }

  std::unique_ptr<EventStore> memory_ = open_memory_store();
  std::mutex mutex_;
  std::condition_variable arrived_;
  AppendOperation* append_ = nullptr;
  ReadOperation* read_ = nullptr;
};

const Deadline kPast{Instant{}};

WriteBatch small_batch() {
  WriteBatch batch;
  batch.add_stream(StreamId::literal("a"), ExpectedVersion::any());
  batch.add_event(0, "Noted", 1, "{}");
  return batch;
}

TEST(EventStore, AppendWaitsForAnotherThread) {
  ManualStore store;
  std::thread writer([&] {
    AppendOperation& operation = store.next_append();
    ASSERT_TRUE(operation.admit());
    operation.batch.streams()[0].version_before = {6};
    operation.finish(WriteResult{.first = {7}, .last = {7}, .time = {}});
  });
  WriteBatch batch = small_batch();
  const Result<WriteResult> result = store.append(batch);
  writer.join();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->first, Position{7});
  ASSERT_EQ(batch.event_count(), 1U) << "the batch comes back";
  EXPECT_EQ(batch.streams()[0].version_before, StreamVersion{6});
}

TEST(EventStore, AppendIsTakenBackAtItsDeadline) {
  ManualStore store;
  std::thread writer([&] {
    AppendOperation& operation = store.next_append();
    while (!operation.is_rejected()) std::this_thread::yield();
    EXPECT_FALSE(operation.admit());
    operation.finish(make_error(ErrorCode::Cancelled, "taken back"));
  });
  WriteBatch batch = small_batch();
  EXPECT_THAT(store.append(batch, kPast), HasError(ErrorCode::DeadlineExceeded));
  writer.join();
  EXPECT_EQ(batch.event_count(), 1U);
}

TEST(EventStore, AppendInAGroupIsAwaitedPastItsDeadline) {
  ManualStore store;
  store.admit_at_once = true;
  std::thread writer([&] {
    store.next_append().finish(WriteResult{.first = {1}, .last = {1}, .time = {}});
  });
  WriteBatch batch = small_batch();
  const Result<WriteResult> result = store.append(batch, kPast);
  writer.join();
  ASSERT_THAT(result, IsOk()) << "it is the commit's result";
  EXPECT_EQ(result->first, Position{1});
}

TEST(EventStore, AppendReportsTheErrorOfTheStore) {
  ManualStore store;
  std::thread writer([&] {
    AppendOperation& operation = store.next_append();
    ASSERT_TRUE(operation.admit());
    operation.reject();
    operation.finish(make_error(ErrorCode::CommitInDoubt, "lost"));
  });
  WriteBatch batch = small_batch();
  EXPECT_THAT(store.append(batch), HasError(ErrorCode::CommitInDoubt));
  writer.join();
}

TEST(EventStore, WriteEventsMintsAnId) {
  const auto store = open_memory_store();
  const std::vector<EventToWrite> events = {
      {.stream = StreamId::literal("a"), .type = "Noted", .payload = "1"},
      {.stream = StreamId::literal("b"), .type = "Noted", .payload = "2"}};
  const Result<WriteResult> written = store->write_events(events);
  ASSERT_THAT(written, IsOk());
  EXPECT_EQ(written->first, Position{1});
  EXPECT_EQ(written->last, Position{2});
  ASSERT_THAT(store->write_events(events), IsOk());
  const Result<EventPage> page = store->read(LogQuery{.with_batch = true});
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->events.size(), 4U);
  EXPECT_FALSE(page->events[0].batch->id.is_nil());
  EXPECT_EQ(page->events[0].batch->id, page->events[1].batch->id);
  EXPECT_LT(page->events[0].batch->id, page->events[2].batch->id);
}

TEST(EventStore, WriteEventsRefusesWhatIsNoBatch) {
  const auto store = open_memory_store();
  const std::vector<EventToWrite> events = {
      {.stream = StreamId::literal("a"), .type = "", .payload = ""}};
  EXPECT_THAT(store->write_events(events), HasError(ErrorCode::InvalidArgument));
}

TEST(EventStore, ReadWaitsForAnotherThread) {
  ManualStore store;
  std::thread reader([&] {
    EventPage page;
    page.at = {9};
    store.next_read().finish(std::move(page));
  });
  const Result<EventPage> page = store.read(LogQuery{});
  reader.join();
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->at, Position{9});
}

TEST(EventStore, ReadStreamAsksForTheRightRange) {
  using Direction = ReadOptions::Direction;
  struct Case {
    ReadOptions options;
    std::uint64_t after;
    std::uint64_t before;
    ReadOrder order;
  };
  constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();
  const Case cases[] = {
      {{}, 0, kEnd, ReadOrder::StreamForward},
      {{.from_version = StreamVersion{0}}, 0, kEnd, ReadOrder::StreamForward},
      {{.from_version = StreamVersion{1}}, 0, kEnd, ReadOrder::StreamForward},
      {{.from_version = StreamVersion{5}}, 4, kEnd, ReadOrder::StreamForward},
      {{.direction = Direction::Backward}, 0, kEnd, ReadOrder::StreamBackward},
      {{.from_version = StreamVersion{5}, .direction = Direction::Backward}, 0, 6,
       ReadOrder::StreamBackward},
      {{.from_version = StreamVersion{kEnd}, .direction = Direction::Backward}, 0, kEnd,
       ReadOrder::StreamBackward},
  };
  for (const Case& expected : cases) {
    ManualStore store;
    std::thread reader([&] {
      ReadOperation& operation = store.next_read();
      const auto& query = std::get<StreamsQuery>(operation.query);
      ASSERT_EQ(query.streams.size(), 1U);
      EXPECT_EQ(query.streams[0].stream.view(), "a");
      EXPECT_EQ(query.streams[0].after.value, expected.after);
      EXPECT_EQ(query.streams[0].before.value, expected.before);
      EXPECT_EQ(query.order, expected.order);
      EXPECT_EQ(query.events_max, expected.options.limit);
      operation.finish(EventPage{});
    });
    EXPECT_THAT(store.read_stream(StreamId::literal("a"), expected.options), IsOk());
    reader.join();
  }
}

class CountingObserver final : public CompletionObserver {
 public:
  int appends = 0;
  int reads = 0;

  void append_completed(const AppendOperation&, const Result<WriteResult>& result,
                        Instant) noexcept override {
    appends += result.has_value() ? 1 : 100;
  }
  void read_completed(const ReadOperation&, const Result<EventPage>&, Instant) noexcept override {
    ++reads;
  }
};

class IgnoringAppend final : public AppendOperation {
 public:
  using AppendOperation::renew;
  int completions = 0;

 protected:
  void completed(Result<WriteResult>) noexcept override { ++completions; }
};

TEST(AppendOperation, IsSeenByItsObserverOnce) {
  CountingObserver observer;
  IgnoringAppend operation;
  operation.observation = {.observer = &observer, .since = {}};
  operation.finish(WriteResult{});
  EXPECT_EQ(observer.appends, 1);
  EXPECT_EQ(operation.completions, 1);
  EXPECT_EQ(operation.observation.observer, nullptr);
}

TEST(AppendOperation, GoesToWhoeverIsFirst) {
  IgnoringAppend operation;
  EXPECT_TRUE(operation.admit());
  EXPECT_FALSE(operation.cancel());
  EXPECT_FALSE(operation.is_rejected());
  operation.renew();
  EXPECT_TRUE(operation.cancel());
  EXPECT_FALSE(operation.admit());
  EXPECT_TRUE(operation.is_rejected());
}

TEST(AppendOperation, SeesARejectedPredecessor) {
  IgnoringAppend first;
  IgnoringAppend second;
  second.predecessors = {&first};
  EXPECT_FALSE(second.has_rejected_predecessor());
  ASSERT_TRUE(first.admit());
  EXPECT_FALSE(second.has_rejected_predecessor());
  first.reject();
  EXPECT_TRUE(second.has_rejected_predecessor());
}

}  // namespace
}  // namespace eventcore
