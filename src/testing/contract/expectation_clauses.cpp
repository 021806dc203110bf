#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr ErrorCode kConflict = ErrorCode::VersionConflict;

Result<WriteResult> append(Subject& store, const std::vector<Part>& parts) {
  WriteBatch batch = batch_of(parts);
  return store->append(batch);
}

void stale_version_is_rejected(StoreFixture& fixture) {
  Subject store(fixture);
  ASSERT_THAT(append(store, {{"a", at(0), {"1"}}}), IsOk());
  const Result<WriteResult> second = append(store, {{"a", at(0), {"2"}}});
  ASSERT_THAT(second, HasError(kConflict));
  EXPECT_EQ(second.error().retry, Retry::WholeCommand);
  EXPECT_THAT(read_all(*store, "a"), SizeIs(1));
}

void exact_version_must_match(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_THAT(append(store, {{"a", at(1), {"x"}}}), HasError(kConflict)) << "ahead of no stream";
  ASSERT_THAT(append(store, {{"a", at(0), {"1", "2"}}}), IsOk());
  EXPECT_THAT(append(store, {{"a", at(1), {"x"}}}), HasError(kConflict));
  EXPECT_THAT(append(store, {{"a", at(3), {"x"}}}), HasError(kConflict)) << "ahead of the stream";
  EXPECT_THAT(append(store, {{"a", at(2), {"3"}}}), IsOk());
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{3});
}

void no_stream_needs_an_empty_stream(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_THAT(append(store, {{"a", ExpectedVersion::no_stream(), {"1"}}}), IsOk());
  EXPECT_THAT(append(store, {{"a", ExpectedVersion::no_stream(), {"2"}}}), HasError(kConflict));
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{1});
}

void stream_exists_needs_an_event(StoreFixture& fixture) {
  Subject store(fixture);
  const ExpectedVersion exists = ExpectedVersion::stream_exists();
  EXPECT_THAT(append(store, {{"a", exists, {"1"}}}), HasError(kConflict));
  note(*store, "a");
  EXPECT_THAT(append(store, {{"a", exists, {"2"}}}), IsOk());
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{2});
}

void any_version_always_fits(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_THAT(append(store, {{"a", any(), {"1"}}}), IsOk());
  EXPECT_THAT(append(store, {{"a", any(), {"2"}}}), IsOk());
  EXPECT_EQ(version_of(*store, "a"), StreamVersion{2});
}

void stale_read_stream_rejects(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "read");
  EXPECT_THAT(append(store, {{"read", at(0)}, {"target", at(0), {"1"}}}), HasError(kConflict));
  EXPECT_THAT(append(store, {{"target", at(0), {"1"}}, {"read", at(0)}}), HasError(kConflict));
  EXPECT_THAT(read_all(*store, "target"), IsEmpty());
}

void current_read_stream_allows(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "read");
  EXPECT_THAT(append(store, {{"read", at(1)}, {"target", at(0), {"1"}}}), IsOk());
  EXPECT_THAT(read_all(*store, "target"), SizeIs(1));
  EXPECT_EQ(version_of(*store, "read"), StreamVersion{1}) << "a check is no write";
}

void pure_check_passes_when_current(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  note(*store, "b");
  const Result<WriteResult> checked =
      append(store, {{"a", at(1)}, {"b", ExpectedVersion::stream_exists()}, {"none", at(0)}});
  ASSERT_THAT(checked, IsOk());
  EXPECT_EQ(checked->first, Position{2}) << "the head that was checked against";
  EXPECT_FALSE(checked->replayed);
  EXPECT_EQ(store->head(), Position{2}) << "a check writes nothing";
}

void pure_check_fails_when_stale(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "a");
  EXPECT_THAT(append(store, {{"a", at(0)}}), HasError(kConflict));
  EXPECT_THAT(append(store, {{"a", ExpectedVersion::no_stream()}}), HasError(kConflict));
  EXPECT_EQ(store->head(), Position{1});
}

void pure_check_of_missing_streams(StoreFixture& fixture) {
  Subject store(fixture);
  EXPECT_THAT(append(store, {{"none", at(0)}}), IsOk());
  EXPECT_THAT(append(store, {{"none", ExpectedVersion::no_stream()}}), IsOk());
  EXPECT_THAT(append(store, {{"none", any()}}), IsOk());
  EXPECT_THAT(append(store, {{"none", at(1)}}), HasError(kConflict));
  EXPECT_THAT(append(store, {{"none", ExpectedVersion::stream_exists()}}), HasError(kConflict));
  EXPECT_EQ(version_of(*store, "none"), StreamVersion{0});
  EXPECT_THAT(must(store->administration().list_streams({})), IsEmpty())
      << "a check created a stream";
}

void conflict_names_stream_and_winner(StoreFixture& fixture) {
  Subject store(fixture);
  note(*store, "stock-7");
  WriteBatch winner = batch_of({});
  const Uuid winner_id = winner.info.id;
  winner.info.command_type = "adjust_stock";
  const std::uint32_t stock = winner.add_stream(id("stock-7"), at(1));
  const std::uint32_t other = winner.add_stream(id("audit"), any());
  winner.add_event(stock, "Adjusted", 1, "1");
  winner.add_event(stock, "Adjusted", 1, "2");
  winner.add_event(other, "Audited", 1, "3");
  const WriteResult won = must(store->append(winner));

  const Result<WriteResult> lost =
      append(store, {{"order-1", at(0), {"o"}}, {"stock-7", at(1), {"s"}}});
  ASSERT_THAT(lost, HasError(kConflict));
  EXPECT_EQ(lost.error().stream, "stock-7");
  ASSERT_TRUE(lost.error().conflict.has_value());
  const Conflict& conflict = *lost.error().conflict;
  EXPECT_EQ(conflict.expected, StreamVersion{1});
  EXPECT_EQ(conflict.actual, StreamVersion{3});
  EXPECT_EQ(conflict.winner_position, won.first + 1) << "the winner's last event on the stream";
  EXPECT_EQ(conflict.winner_id, winner_id);
  EXPECT_EQ(conflict.winner_command_type, "adjust_stock");
}

constexpr Clause kClauses[] = {
    {"StaleVersionIsRejected", stale_version_is_rejected},
    {"ExactVersionMustMatch", exact_version_must_match},
    {"NoStreamNeedsAnEmptyStream", no_stream_needs_an_empty_stream},
    {"StreamExistsNeedsAnEvent", stream_exists_needs_an_event},
    {"AnyVersionAlwaysFits", any_version_always_fits},
    {"StaleReadStreamRejects", stale_read_stream_rejects},
    {"CurrentReadStreamAllows", current_read_stream_allows},
    {"PureCheckPassesWhenCurrent", pure_check_passes_when_current},
    {"PureCheckFailsWhenStale", pure_check_fails_when_stale},
    {"PureCheckOfMissingStreams", pure_check_of_missing_streams},
    {"ConflictNamesStreamAndWinner", conflict_names_stream_and_winner},
};

}  // namespace

std::span<const Clause> expectation_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
