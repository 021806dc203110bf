#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

void everything_survives_reopening(StoreFixture& fixture) {
  Subject store(fixture);
  for (int i = 0; i < 100; ++i) {
    WriteBatch batch = batch_of(
        {{"a", any(), {std::to_string(i)}}, {"s-" + std::to_string(i % 9), any(), {"{}", ""}}});
    must(store->append(batch));
  }
  const std::vector<Seen> before = read_log(*store);
  for (int i = 0; i < 2; ++i) {
    store.reopen();
    EXPECT_EQ(store->head(), Position{300});
    EXPECT_EQ(read_log(*store), before) << "positions, versions, times and bytes";
    EXPECT_EQ(version_of(*store, "a"), StreamVersion{100});
    EXPECT_EQ(must(store->administration().verify(nullptr)).findings_total, 0U);
  }
}

void reopened_store_goes_on(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch first = batch_of({{"a", at(0), {"1", "2"}}});
  must(store->append(first));
  store.reopen();
  WriteBatch stale = batch_of({{"a", at(1), {"x"}}});
  EXPECT_THAT(store->append(stale), HasError(ErrorCode::VersionConflict));
  WriteBatch next = batch_of({{"a", at(2), {"3"}}, {"new", at(0), {"4"}}});
  const WriteResult written = must(store->append(next));
  EXPECT_EQ(written.first, Position{3});
  EXPECT_EQ(next.streams()[0].version_before, StreamVersion{2});
  EXPECT_THAT(payloads(read_all(*store, "a")), ElementsAre("1", "2", "3"));
}

void keys_survive_reopening(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch batch = keyed_batch("k", {{"a", at(0), {"1", "2"}}});
  const WriteResult first = must(store->append(batch));
  store.reopen();
  WriteBatch again = keyed_batch("k", {{"a", at(0), {"1", "2"}}});
  const WriteResult replay = must(store->append(again));
  EXPECT_TRUE(replay.replayed);
  EXPECT_EQ(replay.first, first.first);
  EXPECT_EQ(replay.last, first.last);
  EXPECT_EQ(replay.time, first.time);
  WriteBatch other = keyed_batch("k", {{"a", any(), {"1"}}}, "another");
  EXPECT_THAT(store->append(other), HasError(ErrorCode::KeyReused));
}

void winner_is_named_after_reopening(StoreFixture& fixture) {
  Subject store(fixture);
  WriteBatch winner = keyed_batch("", {{"a", at(0), {"1"}}}, "adjust_stock");
  const Uuid winner_id = winner.info.id;
  must(store->append(winner));
  store.reopen();
  WriteBatch loser = batch_of({{"a", at(0), {"x"}}});
  const Result<WriteResult> lost = store->append(loser);
  ASSERT_THAT(lost, HasError(ErrorCode::VersionConflict));
  ASSERT_TRUE(lost.error().conflict.has_value());
  EXPECT_EQ(lost.error().conflict->winner_id, winner_id);
  EXPECT_EQ(lost.error().conflict->winner_command_type, "adjust_stock");
  EXPECT_EQ(lost.error().conflict->winner_position, Position{1});
}

void time_does_not_go_back_over_reopening(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  const Timestamp before = note(*store, "a").time;
  clock.step_wall(-std::chrono::hours{1});
  store.reopen();
  EXPECT_GE(note(*store, "a").time, before);
}

void unclosed_store_keeps_what_it_acknowledged(StoreFixture& fixture) {
  std::vector<Seen> before;
  {
    Subject store(fixture);
    for (int i = 0; i < 20; ++i) note(*store, "a", std::to_string(i));
    before = read_log(*store);
  }  // destroyed without close
  Subject again(fixture);
  EXPECT_EQ(read_log(*again), before);
  EXPECT_THAT(before, SizeIs(20));
}

void close_keeps_what_it_acknowledged(StoreFixture& fixture) {
  Subject store(fixture);
  std::vector<std::unique_ptr<PendingAppend>> appends;
  for (int i = 0; i < 100; ++i) {
    appends.push_back(
        std::make_unique<PendingAppend>(batch_of({{"a", any(), {std::to_string(i)}}})));
    appends.back()->submit(*store);
  }
  store.reopen();
  std::vector<std::string> acknowledged;
  for (std::size_t i = 0; i < appends.size(); ++i) {
    if (appends[i]->result()) acknowledged.push_back(std::to_string(i));
  }
  EXPECT_EQ(payloads(read_all(*store, "a")), acknowledged);
}

constexpr auto kPersistence = Clause::Needs::Persistence;
constexpr Clause kClauses[] = {
    {"EverythingSurvivesReopening", everything_survives_reopening, kPersistence},
    {"ReopenedStoreGoesOn", reopened_store_goes_on, kPersistence},
    {"KeysSurviveReopening", keys_survive_reopening, kPersistence},
    {"WinnerIsNamedAfterReopening", winner_is_named_after_reopening, kPersistence},
    {"TimeDoesNotGoBackOverReopening", time_does_not_go_back_over_reopening, kPersistence},
    {"UnclosedStoreKeepsWhatItAcknowledged", unclosed_store_keeps_what_it_acknowledged,
     kPersistence},
    {"CloseKeepsWhatItAcknowledged", close_keeps_what_it_acknowledged, kPersistence},
};

}  // namespace

std::span<const Clause> reopen_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
