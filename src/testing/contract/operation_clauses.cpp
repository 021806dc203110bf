#include <gmock/gmock.h>

#include <thread>

#include "clause.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"
#include "writer_gate.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Deadline kPast{Instant{}};  // every clock of the suite is past its epoch

std::unique_ptr<PendingAppend> pending(const std::vector<Part>& parts) {
  return std::make_unique<PendingAppend>(batch_of(parts));
}

void expect_rejected(PendingAppend& operation, ErrorCode code) {
  EXPECT_THAT(operation.result(), HasError(code));
  EXPECT_TRUE(operation.is_rejected()) << "operations that depend on it must see it";
  EXPECT_FALSE(operation.cancel()) << "it is over";
}

void cancelled_append_writes_nothing(StoreFixture& fixture) {
  Subject store(fixture);
  const auto operation = pending({{"a", any(), {"1"}}});
  ASSERT_TRUE(operation->cancel());
  operation->submit(*store);
  expect_rejected(*operation, ErrorCode::Cancelled);
  EXPECT_EQ(operation->completions(), 1);
  EXPECT_THAT(read_log(*store), IsEmpty());
}

void finished_append_is_not_cancelled(StoreFixture& fixture) {
  Subject store(fixture);
  const auto operation = pending({{"a", any(), {"1"}}});
  ASSERT_THAT(operation->submit(*store).result(), IsOk());
  EXPECT_FALSE(operation->cancel());
  EXPECT_FALSE(operation->is_rejected());
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{1});
}

void expired_append_writes_nothing(StoreFixture& fixture) {
  Subject store(fixture);
  const auto operation = pending({{"a", any(), {"1"}}});
  operation->deadline = kPast;
  expect_rejected(operation->submit(*store), ErrorCode::DeadlineExceeded);
  EXPECT_THAT(read_log(*store), IsEmpty());
}

void stopped_append_writes_nothing(StoreFixture& fixture) {
  Subject store(fixture);
  std::stop_source stop;
  stop.request_stop();
  const auto operation = pending({{"a", any(), {"1"}}});
  operation->stop = stop.get_token();
  expect_rejected(operation->submit(*store), ErrorCode::Cancelled);
  EXPECT_THAT(read_log(*store), IsEmpty());
}

void expired_and_stopped_reads_do_not_begin(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  PendingRead expired(LogQuery{});
  expired.deadline = kPast;
  EXPECT_THAT(expired.submit(*store).result(), HasError(ErrorCode::DeadlineExceeded));
  std::stop_source stop;
  stop.request_stop();
  PendingRead stopped(streams_query({"a"}));
  stopped.stop = stop.get_token();
  EXPECT_THAT(stopped.submit(*store).result(), HasError(ErrorCode::Cancelled));
  PendingRead in_time(LogQuery{});
  in_time.deadline = Deadline::after(std::chrono::minutes{1});
  EXPECT_THAT(in_time.submit(*store).result(), IsOk());
}

void appends_are_checked_in_submission_order(StoreFixture& fixture) {
  Subject store(fixture);
  std::vector<std::unique_ptr<PendingAppend>> operations;
  for (std::uint64_t n = 0; n < 200; ++n) {
    operations.push_back(pending({{"a", at(n), {std::to_string(n)}}}));
    operations.back()->submit(*store);
  }
  Position last;
  for (const auto& operation : operations) {
    ASSERT_THAT(operation->result(), IsOk());
    EXPECT_EQ(operation->result()->first, last + 1);
    last = operation->result()->last;
  }
}

void conflict_rejects_its_own_batch_only(StoreFixture& fixture) {
  Subject store(fixture);
  const auto first = pending({{"a", at(0), {"1"}}});
  const auto stale = pending({{"a", at(0), {"x"}}, {"b", any(), {"x"}}});
  const auto next = pending({{"a", at(1), {"2"}}});
  const auto other = pending({{"b", at(0), {"1"}}});
  for (const auto* operation : {&first, &stale, &next, &other}) (*operation)->submit(*store);
  EXPECT_THAT(first->result(), IsOk());
  expect_rejected(*stale, ErrorCode::VersionConflict);
  EXPECT_THAT(next->result(), IsOk());
  EXPECT_THAT(other->result(), IsOk());
  EXPECT_THAT(read_log(*store), SizeIs(3));
}

void rejected_predecessor_rejects_dependents(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  const auto stale = pending({{"a", at(0), {"x"}}});
  const auto dependent = pending({{"b", at(0), {"1"}}});
  dependent->predecessors = {stale.get()};
  const auto transitive = pending({{"c", any(), {"1"}}});
  transitive->predecessors = {dependent.get()};
  const auto check = pending({{"d", at(0)}});
  check->predecessors = {stale.get()};
  const auto unrelated = pending({{"e", any(), {"1"}}});
  for (const auto* operation : {&stale, &dependent, &transitive, &check, &unrelated}) {
    (*operation)->submit(*store);
  }
  expect_rejected(*stale, ErrorCode::VersionConflict);
  expect_rejected(*dependent, ErrorCode::VersionConflict);
  expect_rejected(*transitive, ErrorCode::VersionConflict);
  expect_rejected(*check, ErrorCode::VersionConflict);
  EXPECT_THAT(unrelated->result(), IsOk());
  EXPECT_THAT(read_log(*store), SizeIs(2));
}

void predecessor_that_never_ran_rejects_dependents(StoreFixture& fixture) {
  Subject store(fixture);
  const auto cancelled = pending({{"a", any(), {"1"}}});
  ASSERT_TRUE(cancelled->cancel());
  const auto expired = pending({{"a", any(), {"1"}}});
  expired->deadline = kPast;
  const auto too_large = pending({{"a", any(), {"1"}}});
  too_large->batch.info.key = std::string(limits::kKeyBytes + 1, 'k');
  for (const auto* predecessor : {&cancelled, &expired, &too_large}) {
    (*predecessor)->submit(*store);
    const auto dependent = pending({{"b", at(0), {"1"}}});
    dependent->predecessors = {predecessor->get()};
    expect_rejected(dependent->submit(*store), ErrorCode::VersionConflict);
    EXPECT_THAT((*predecessor)->result(), ::testing::Not(IsOk()));
  }
  EXPECT_THAT(read_log(*store), IsEmpty());
}

// Its effects are not where the dependent takes them to be.
void replayed_predecessor_rejects_dependents(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch first = keyed_batch("k", {{"a", at(0), {"1"}}});
  must(store->append(first));
  PendingAppend replay(keyed_batch("k", {{"a", at(1), {"1"}}}));
  const auto dependent = pending({{"b", at(0), {"1"}}});
  dependent->predecessors = {&replay};
  replay.submit(*store);
  dependent->submit(*store);
  EXPECT_THAT(replay.result(), IsOk());
  EXPECT_TRUE(replay.is_rejected()) << "its batch is not stored";
  expect_rejected(*dependent, ErrorCode::VersionConflict);
  EXPECT_THAT(read_log(*store), SizeIs(1));
}

void stored_predecessor_allows_dependents(StoreFixture& fixture) {
  Subject store(fixture);
  const auto first = pending({{"a", at(0), {"1"}}});
  const auto dependent = pending({{"a", at(1), {"2"}}});
  dependent->predecessors = {first.get()};
  first->submit(*store);
  dependent->submit(*store);
  EXPECT_THAT(first->result(), IsOk());
  EXPECT_THAT(dependent->result(), IsOk());
}

// While the gate is shut the store's writer stands still, so that what follows stays queued.

void queued_append_can_be_taken_back(StoreFixture& fixture) {
  const auto gate = std::make_shared<WriterGate>();
  Subject store(fixture, {.probe = gate});
  gate->shut_behind(*store);
  const auto kept = pending({{"a", at(0), {"1"}}});
  const auto cancelled = pending({{"b", any(), {"x"}}});
  const auto dependent = pending({{"b", any(), {"x"}}});
  dependent->predecessors = {cancelled.get()};
  for (const auto* operation : {&kept, &cancelled, &dependent}) (*operation)->submit(*store);
  EXPECT_EQ(kept->completions(), 0);
  EXPECT_TRUE(cancelled->cancel());
  EXPECT_FALSE(cancelled->cancel()) << "a second time";
  gate->open();
  EXPECT_THAT(kept->result(), IsOk());
  expect_rejected(*cancelled, ErrorCode::Cancelled);
  expect_rejected(*dependent, ErrorCode::VersionConflict);
  EXPECT_EQ(version_of(*store, "b"), StreamVersion{0});
  EXPECT_EQ(cancelled->completions(), 1);
}

void queued_append_expires(StoreFixture& fixture) {
  ManualClock clock;
  const auto gate = std::make_shared<WriterGate>();
  Subject store(fixture, {.clock = &clock, .probe = gate});
  gate->shut_behind(*store);
  const auto expiring = pending({{"a", any(), {"x"}}});
  expiring->deadline = Deadline::after(std::chrono::seconds{1}, clock);
  const auto patient = pending({{"b", any(), {"1"}}});
  patient->deadline = Deadline::after(std::chrono::hours{1}, clock);
  expiring->submit(*store);
  patient->submit(*store);
  clock.advance(std::chrono::seconds{2});
  gate->open();
  expect_rejected(*expiring, ErrorCode::DeadlineExceeded);
  EXPECT_THAT(patient->result(), IsOk());
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{0});
}

void queued_append_is_stopped(StoreFixture& fixture) {
  const auto gate = std::make_shared<WriterGate>();
  Subject store(fixture, {.probe = gate});
  gate->shut_behind(*store);
  std::stop_source stop;
  const auto stopped = pending({{"a", any(), {"x"}}});
  stopped->stop = stop.get_token();
  stopped->submit(*store);
  stop.request_stop();
  gate->open();
  expect_rejected(*stopped, ErrorCode::Cancelled);
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{0});
}

void one_group_sees_its_own_effects(StoreFixture& fixture) {
  const auto gate = std::make_shared<WriterGate>();
  Subject store(fixture, {.probe = gate});
  gate->shut_behind(*store);
  const auto first = std::make_unique<PendingAppend>(keyed_batch("k", {{"a", at(0), {"1"}}}));
  const auto stale = pending({{"a", at(0), {"x"}}});
  const auto replay = std::make_unique<PendingAppend>(keyed_batch("k", {{"a", at(0), {"1"}}}));
  const auto reused =
      std::make_unique<PendingAppend>(keyed_batch("k", {{"z", any(), {"1"}}}, "another"));
  const auto second = pending({{"a", at(1), {"2"}}});
  const auto check = pending({{"a", at(2)}});
  for (const auto* operation : {&first, &stale, &replay, &reused, &second, &check}) {
    (*operation)->submit(*store);
  }
  gate->open();
  ASSERT_THAT(first->result(), IsOk());
  EXPECT_FALSE(first->result()->replayed);
  expect_rejected(*stale, ErrorCode::VersionConflict);
  ASSERT_THAT(replay->result(), IsOk());
  EXPECT_TRUE(replay->result()->replayed);
  EXPECT_EQ(replay->result()->first, first->result()->first);
  expect_rejected(*reused, ErrorCode::KeyReused);
  EXPECT_THAT(second->result(), IsOk());
  EXPECT_THAT(check->result(), IsOk());
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{2});
}

void reads_go_on_while_the_writer_stands_still(StoreFixture& fixture) {
  const auto gate = std::make_shared<WriterGate>();
  Subject store(fixture, {.probe = gate});
  note(*store, "a", "1");
  gate->shut_behind(*store);
  const auto queued = pending({{"a", any(), {"2"}}});
  queued->submit(*store);
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{1});
  gate->open();
  EXPECT_THAT(queued->result(), IsOk());
}

void closed_store_refuses(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  ASSERT_THAT(store->close({}), IsOk());
  const auto append = pending({{"a", any(), {"1"}}});
  expect_rejected(append->submit(*store), ErrorCode::ShuttingDown);
  EXPECT_EQ(append->completions(), 1);
  PendingRead read(LogQuery{});
  EXPECT_THAT(read.submit(*store).result(), HasError(ErrorCode::ShuttingDown));
  EXPECT_EQ(read.completions(), 1);
  EXPECT_THAT(store->close({}), IsOk()) << "a second time";
}

void close_completes_what_is_under_way(StoreFixture& fixture) {
  Subject store(fixture);
  std::vector<std::unique_ptr<PendingAppend>> appends;
  std::vector<std::unique_ptr<PendingRead>> reads;
  for (int i = 0; i < 200; ++i) {
    appends.push_back(pending({{"a-" + std::to_string(i % 7), any(), {"1"}}}));
    appends.back()->submit(*store);
    reads.push_back(std::make_unique<PendingRead>(LogQuery{}));
    reads.back()->submit(*store);
  }
  ASSERT_THAT(store->close({}), IsOk());
  for (const auto& append : appends) {
    ASSERT_EQ(append->completions(), 1) << "close returned before the completion, or after two";
    if (!append->result()) {
      EXPECT_THAT(append->result(), HasError(ErrorCode::ShuttingDown));
    }
  }
  for (const auto& read : reads) {
    ASSERT_EQ(read->completions(), 1);
    if (!read->result()) {
      EXPECT_THAT(read->result(), HasError(ErrorCode::ShuttingDown));
    }
  }
}

void close_while_others_submit(StoreFixture& fixture) {
  constexpr int kThreads = 3;
  Subject store(fixture);
  std::vector<std::vector<std::unique_ptr<PendingAppend>>> appends(kThreads);
  std::vector<std::thread> threads;
  std::atomic<int> submitted = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      auto& mine = appends[static_cast<std::size_t>(t)];
      for (int i = 0; i < 300; ++i) {
        mine.push_back(pending({{"a-" + std::to_string(t), any(), {"1"}}}));
        mine.back()->submit(*store);
        submitted.fetch_add(1);
      }
    });
  }
  while (submitted.load() < 100) std::this_thread::yield();
  EXPECT_THAT(store->close({}), IsOk());
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : appends) {
    for (const auto& append : mine) {
      const bool stored = append->result().has_value();
      if (!stored) {
        EXPECT_THAT(append->result(), HasError(ErrorCode::ShuttingDown));
      }
      EXPECT_EQ(append->completions(), 1);
    }
  }
}

constexpr auto kQueue = Clause::Needs::Queue;
constexpr Clause kClauses[] = {
    {"CancelledAppendWritesNothing", cancelled_append_writes_nothing},
    {"FinishedAppendIsNotCancelled", finished_append_is_not_cancelled},
    {"ExpiredAppendWritesNothing", expired_append_writes_nothing},
    {"StoppedAppendWritesNothing", stopped_append_writes_nothing},
    {"ExpiredAndStoppedReadsDoNotBegin", expired_and_stopped_reads_do_not_begin},
    {"AppendsAreCheckedInSubmissionOrder", appends_are_checked_in_submission_order},
    {"ConflictRejectsItsOwnBatchOnly", conflict_rejects_its_own_batch_only},
    {"RejectedPredecessorRejectsDependents", rejected_predecessor_rejects_dependents},
    {"PredecessorThatNeverRanRejectsDependents", predecessor_that_never_ran_rejects_dependents},
    {"ReplayedPredecessorRejectsDependents", replayed_predecessor_rejects_dependents},
    {"StoredPredecessorAllowsDependents", stored_predecessor_allows_dependents},
    {"QueuedAppendCanBeTakenBack", queued_append_can_be_taken_back, kQueue},
    {"QueuedAppendExpires", queued_append_expires, kQueue},
    {"QueuedAppendIsStopped", queued_append_is_stopped, kQueue},
    {"OneGroupSeesItsOwnEffects", one_group_sees_its_own_effects, kQueue},
    {"ReadsGoOnWhileTheWriterStandsStill", reads_go_on_while_the_writer_stands_still, kQueue},
    {"ClosedStoreRefuses", closed_store_refuses},
    {"CloseCompletesWhatIsUnderWay", close_completes_what_is_under_way},
    {"CloseWhileOthersSubmit", close_while_others_submit},
};

}  // namespace

std::span<const Clause> operation_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
