#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::SizeIs;

Result<WriteResult> append(Subject& store, WriteBatch batch) { return store->append(batch); }

void expect_replay(const Result<WriteResult>& result, const WriteResult& first) {
  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE(result->replayed);
  EXPECT_EQ(result->first, first.first);
  EXPECT_EQ(result->last, first.last);
  EXPECT_EQ(result->time, first.time);
}

void known_key_replays(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "before");
  const WriteResult first =
      must(append(store, keyed_batch("k1", {{"a", at(0), {"1", "2"}}, {"b", at(0), {"3"}}})));
  EXPECT_FALSE(first.replayed);
  note(*store, "after");

  expect_replay(append(store, keyed_batch("k1", {{"c", any(), {"other events"}}})), first);
  EXPECT_THAT(read_log(*store), SizeIs(5)) << "a replay wrote something";
  EXPECT_FALSE(must(append(store, keyed_batch("k2", {{"a", any(), {"4"}}}))).replayed);
}

void key_of_another_command_is_refused(StoreFixture& fixture) {
  Subject store(fixture);
  must(append(store, keyed_batch("k", {{"a", at(0), {"1"}}}, "place_order")));
  EXPECT_THAT(append(store, keyed_batch("k", {{"b", any(), {"2"}}}, "cancel_order")),
              HasError(ErrorCode::KeyReused));
  EXPECT_THAT(append(store, keyed_batch("k", {{"a", at(0), {"2"}}}, "cancel_order")),
              HasError(ErrorCode::KeyReused))
      << "with a conflict as well";
  EXPECT_THAT(read_log(*store), SizeIs(1));
}

void key_comes_before_conflict(StoreFixture& fixture) {
  Subject store(fixture);
  const WriteResult first = must(append(store, keyed_batch("k", {{"a", at(0), {"1"}}})));
  expect_replay(append(store, keyed_batch("k", {{"a", at(0), {"1"}}})), first);
  expect_replay(append(store, keyed_batch("k", {{"a", at(9), {"1"}}})), first);
  EXPECT_THAT(read_log(*store), SizeIs(1));
}

void check_with_known_key_replays(StoreFixture& fixture) {
  Subject store(fixture);
  const WriteResult first = must(append(store, keyed_batch("k", {{"a", at(0), {"1"}}})));
  expect_replay(append(store, keyed_batch("k", {{"a", at(1)}})), first);
  expect_replay(append(store, keyed_batch("k", {{"a", at(0)}})), first);
  EXPECT_THAT(append(store, keyed_batch("k", {{"a", at(1)}}, "other_command")),
              HasError(ErrorCode::KeyReused));
}

void only_commits_use_up_a_key(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  EXPECT_THAT(append(store, keyed_batch("k", {{"a", at(0), {"x"}}})),
              HasError(ErrorCode::VersionConflict));
  EXPECT_THAT(append(store, keyed_batch("k", {{"a", at(1)}})), IsOk()) << "a pure check";
  const Result<WriteResult> stored = append(store, keyed_batch("k", {{"a", at(1), {"2"}}}));
  ASSERT_THAT(stored, IsOk());
  EXPECT_FALSE(stored->replayed);
  EXPECT_EQ(stored->first, Position{2});
}

void keys_are_compared_whole(StoreFixture& fixture) {
  Subject store(fixture);
  const std::vector<std::string> keys = {"key",
                                         "KEY",
                                         "key ",
                                         " key",
                                         "k%",
                                         "k_",
                                         "k\\",
                                         "schl\xC3\xBCssel",
                                         std::string(limits::kKeyBytes, 'k')};
  for (const std::string& key : keys) {
    EXPECT_FALSE(must(append(store, keyed_batch(key, {{"a", any(), {key}}}))).replayed) << key;
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const WriteResult again = must(append(store, keyed_batch(keys[i], {{"a", any(), {"x"}}})));
    EXPECT_TRUE(again.replayed) << keys[i];
    EXPECT_EQ(again.first, Position{i + 1}) << keys[i];
  }
}

void keys_with_nul_never_collide(StoreFixture& fixture) {
  Subject store(fixture);
  for (const std::string& key :
       {std::string("k"), std::string("k\0a", 3), std::string("k\0b", 3)}) {
    const Result<WriteResult> stored = append(store, keyed_batch(key, {{"a", any(), {"1"}}}));
    if (stored) {
      EXPECT_FALSE(stored->replayed) << "the key was cut at its NUL";
    } else {
      EXPECT_THAT(stored, HasError(ErrorCode::InvalidArgument));
    }
  }
}

void empty_key_is_no_key(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_FALSE(must(append(store, keyed_batch("", {{"a", any(), {"1"}}}))).replayed);
  EXPECT_FALSE(must(append(store, keyed_batch("", {{"a", any(), {"1"}}}))).replayed);
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{2});
}

constexpr Clause kClauses[] = {
    {"KnownKeyReplays", known_key_replays},
    {"KeyOfAnotherCommandIsRefused", key_of_another_command_is_refused},
    {"KeyComesBeforeConflict", key_comes_before_conflict},
    {"CheckWithKnownKeyReplays", check_with_known_key_replays},
    {"OnlyCommitsUseUpAKey", only_commits_use_up_a_key},
    {"KeysAreComparedWhole", keys_are_compared_whole},
    {"KeysWithNulNeverCollide", keys_with_nul_never_collide},
    {"EmptyKeyIsNoKey", empty_key_is_no_key},
};

}  // namespace

std::span<const Clause> key_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
