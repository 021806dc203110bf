#include <gmock/gmock.h>

#include "clause.hpp"
#include "eventcore/projection_storage.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventcore/testing/matchers.hpp"
#include "subject.hpp"

namespace eventcore::testing::contract {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::nanoseconds kLease = std::chrono::seconds{10};

ProjectionLease take(EventStore& store, std::string_view name = "sales",
                     std::string_view holder = "one") {
  const LeaseAnswer answer = must(store.projections().acquire_lease(
      {.projection = std::string(name), .holder = std::string(holder), .duration = kLease}));
  if (!answer.acquired) throw std::runtime_error("the lease is not free");
  return answer.lease;
}

ProjectionRecord record_of(EventStore& store, std::string_view name = "sales") {
  const auto found = must(store.projections().load(name));
  if (!found) throw std::runtime_error("there is no such projection");
  return *found;
}

CheckpointSave save_of(std::uint64_t token, std::uint64_t position) {
  return {.projection = "sales", .token = token, .position = {position}};
}

DeadLetter letter_at(std::uint64_t position, std::string_view message = "no") {
  DeadLetter letter;
  letter.projection = "sales";
  letter.position = {position};
  letter.reason = DeadLetterReason::Decode;
  letter.message = message;
  letter.attempts = 3;
  letter.trace_id = "0af7651916cd43dd8448eb211c80319c";
  letter.first_failure = Timestamp{std::chrono::seconds{1'000}};
  letter.last_failure = Timestamp{std::chrono::seconds{2'000}};
  return letter;
}

template <class T>
void expect_code(const Result<T>& result, ErrorCode code) {
  ASSERT_FALSE(result) << "expected " << to_string(code);
  EXPECT_EQ(result.error().code, code) << describe(result.error());
}

void projection_is_unknown_until_it_is_led(StoreFixture& fixture) {
  Subject store(fixture);
  ProjectionStorage& storage = store->projections();
  EXPECT_FALSE(must(storage.load("sales")).has_value());
  EXPECT_THAT(must(storage.list()), IsEmpty());
  expect_code(storage.pause("sales"), ErrorCode::InvalidArgument);
  expect_code(storage.resume("sales"), ErrorCode::InvalidArgument);
  expect_code(storage.reset("sales", {1}), ErrorCode::InvalidArgument);
  expect_code(storage.skip("sales", {1}), ErrorCode::InvalidArgument);
  expect_code(storage.save(save_of(1, 1)), ErrorCode::InvalidArgument);
  expect_code(storage.renew_lease("sales", 1, kLease), ErrorCode::InvalidArgument);
  expect_code(storage.replay_dead_letter("sales", {1}), ErrorCode::InvalidArgument);
  expect_code(
      storage.acquire_lease({.projection = "No such name", .holder = "x", .duration = kLease}),
      ErrorCode::InvalidArgument);
  expect_code(storage.acquire_lease({.projection = "sales", .holder = "", .duration = kLease}),
              ErrorCode::InvalidArgument);
  take(*store, "sales");
  take(*store, "a.first@2");
  const auto all = must(storage.list());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "a.first@2");
  EXPECT_EQ(all[1].name, "sales");
  EXPECT_EQ(all[1].position, Position{0});
}

void lease_is_held_by_one(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  const ProjectionLease first = take(*store);
  EXPECT_EQ(first.holder, "one");
  EXPECT_EQ(first.expires, clock.wall() + kLease);
  const LeaseRequest other{.projection = "sales", .holder = "two", .duration = kLease};
  const LeaseAnswer refused = must(store->projections().acquire_lease(other));
  EXPECT_FALSE(refused.acquired);
  EXPECT_EQ(refused.lease, first) << "says who has it until when";
  clock.advance(kLease - std::chrono::nanoseconds{1});
  EXPECT_FALSE(must(store->projections().acquire_lease(other)).acquired);
  clock.advance(std::chrono::nanoseconds{1});
  const LeaseAnswer taken = must(store->projections().acquire_lease(other));
  EXPECT_TRUE(taken.acquired);
  EXPECT_GT(taken.lease.token, first.token);
  EXPECT_EQ(record_of(*store).lease, taken.lease);
}

void lease_is_renewed_and_given_back(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  ProjectionStorage& storage = store->projections();
  const ProjectionLease first = take(*store);
  clock.advance(kLease * 3);
  EXPECT_EQ(must(storage.renew_lease("sales", first.token, kLease)), clock.wall() + kLease)
      << "it had run out, but nobody has taken it";
  must(storage.release_lease("sales", first.token));
  expect_code(storage.renew_lease("sales", first.token, kLease), ErrorCode::LeaseLost);
  const ProjectionLease second = take(*store, "sales", "two");
  EXPECT_GT(second.token, first.token);
  expect_code(storage.renew_lease("sales", first.token, kLease), ErrorCode::LeaseLost);
  expect_code(storage.release_lease("sales", first.token), ErrorCode::LeaseLost);
  EXPECT_EQ(record_of(*store).lease, second);
}

void checkpoint_moves_forward(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  ProjectionStorage& storage = store->projections();
  const std::uint64_t token = take(*store).token;
  clock.advance(std::chrono::seconds{3});
  must(storage.save(save_of(token, 7)));
  EXPECT_EQ(record_of(*store).position, Position{7});
  EXPECT_EQ(record_of(*store).saved_at, clock.wall());
  must(storage.save(save_of(token, 7)));
  expect_code(storage.save(save_of(token, 6)), ErrorCode::InvalidArgument);
  EXPECT_EQ(record_of(*store).position, Position{7});
  CheckpointSave back = save_of(token, 3);
  back.rewinds = true;
  must(storage.save(back));
  EXPECT_EQ(record_of(*store).position, Position{3});
}

void former_leader_saves_nothing(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  ProjectionStorage& storage = store->projections();
  const std::uint64_t former = take(*store).token;
  must(storage.save(save_of(former, 5)));
  clock.advance(kLease);
  must(storage.save(save_of(former, 6)));  // run out, but nobody else leads
  const std::uint64_t now = take(*store, "sales", "two").token;
  CheckpointSave late = save_of(former, 9);
  late.dead_letters.push_back(letter_at(8));
  expect_code(storage.save(late), ErrorCode::LeaseLost);
  expect_code(storage.settle_dead_letter("sales", former, {8}, letter_at(8)), ErrorCode::LeaseLost);
  EXPECT_EQ(record_of(*store).position, Position{6});
  EXPECT_THAT(must(storage.list_dead_letters({.projection = "sales"})), IsEmpty());
  must(storage.save(save_of(now, 7)));
}

void requests_are_counted_and_kept(StoreFixture& fixture) {
  Subject store(fixture);
  ProjectionStorage& storage = store->projections();
  const std::uint64_t token = take(*store).token;
  must(storage.save(save_of(token, 10)));
  const std::uint64_t before = record_of(*store).requests;
  must(storage.pause("sales"));
  EXPECT_TRUE(record_of(*store).paused);
  must(storage.resume("sales"));
  EXPECT_FALSE(record_of(*store).paused);
  expect_code(storage.skip("sales", {10}), ErrorCode::InvalidArgument);
  must(storage.skip("sales", {12}));
  EXPECT_EQ(record_of(*store).skip, Position{12});
  EXPECT_EQ(record_of(*store).requests, before + 3);
  must(storage.save(save_of(token, 11)));
  EXPECT_EQ(record_of(*store).skip, Position{12});
  must(storage.save(save_of(token, 12)));
  EXPECT_EQ(record_of(*store).skip, Position{0}) << "done";
}

void reset_is_pending_until_it_is_done(StoreFixture& fixture) {
  Subject store(fixture);
  ProjectionStorage& storage = store->projections();
  const std::uint64_t token = take(*store).token;
  must(storage.save(save_of(token, 10)));
  must(storage.reset("sales", {4}));
  ProjectionRecord record = record_of(*store);
  EXPECT_TRUE(record.has_pending_reset());
  EXPECT_EQ(record.reset_to, Position{4});
  EXPECT_EQ(record.position, Position{10}) << "the leader goes back, nobody else";
  must(storage.skip("sales", {6}));
  must(storage.save(save_of(token, 11)));
  EXPECT_TRUE(record_of(*store).has_pending_reset()) << "the leader did not know of it yet";
  EXPECT_EQ(record_of(*store).skip, Position{6});
  CheckpointSave done = save_of(token, 4);
  done.rewinds = true;
  done.resets_done = record.resets;
  must(storage.save(done));
  record = record_of(*store);
  EXPECT_FALSE(record.has_pending_reset());
  EXPECT_EQ(record.position, Position{4});
  EXPECT_EQ(record.skip, Position{6});
}

void dead_letters_come_with_their_checkpoint(StoreFixture& fixture) {
  Subject store(fixture);
  ProjectionStorage& storage = store->projections();
  const std::uint64_t token = take(*store).token;
  CheckpointSave save = save_of(token, 9);
  save.dead_letters = {letter_at(8), letter_at(3)};
  must(storage.save(save));
  EXPECT_THAT(must(storage.list_dead_letters({})), ElementsAre(letter_at(3), letter_at(8)));
  EXPECT_THAT(must(storage.list_dead_letters({.projection = "sales", .after = {3}})),
              ElementsAre(letter_at(8)));
  EXPECT_THAT(must(storage.list_dead_letters({.projection = "sales", .limit = 1})),
              ElementsAre(letter_at(3)));
  EXPECT_THAT(must(storage.list_dead_letters({.projection = "others"})), IsEmpty());
  EXPECT_EQ(must(storage.find_dead_letter("sales", {8})), letter_at(8));
  EXPECT_FALSE(must(storage.find_dead_letter("sales", {7})).has_value());
  EXPECT_EQ(record_of(*store).dead_letters, 2U);

  DeadLetter again = letter_at(8, "still not");
  again.first_failure += std::chrono::hours{1};
  again.attempts = 4;
  save.dead_letters = {again};
  must(storage.save(save));
  const auto merged = must(storage.find_dead_letter("sales", {8}));
  EXPECT_EQ(merged->message, "still not");
  EXPECT_EQ(merged->attempts, 4U);
  EXPECT_EQ(merged->first_failure, letter_at(8).first_failure);

  save = save_of(token, 3);
  save.rewinds = true;
  must(storage.save(save));
  EXPECT_THAT(must(storage.list_dead_letters({})), ElementsAre(letter_at(3)))
      << "the event of the other one comes again";
}

void dead_letters_are_replayed_and_discarded(StoreFixture& fixture) {
  Subject store(fixture);
  ProjectionStorage& storage = store->projections();
  const std::uint64_t token = take(*store).token;
  CheckpointSave save = save_of(token, 9);
  save.dead_letters = {letter_at(1), letter_at(2), letter_at(3)};
  must(storage.save(save));
  const std::uint64_t before = record_of(*store).requests;
  must(storage.replay_dead_letter("sales", {1}));
  must(storage.replay_dead_letter("sales", {2}));
  must(storage.discard_dead_letter("sales", {3}));
  expect_code(storage.discard_dead_letter("sales", {4}), ErrorCode::InvalidArgument);
  EXPECT_GT(record_of(*store).requests, before) << "the leader sees that something was asked for";
  EXPECT_EQ(record_of(*store).replays, 2U);
  EXPECT_EQ(record_of(*store).dead_letters, 2U);
  const auto replaying =
      must(storage.list_dead_letters({.projection = "sales", .state = DeadLetterState::Replaying}));
  ASSERT_EQ(replaying.size(), 2U);
  must(storage.settle_dead_letter("sales", token, {1}, std::nullopt));
  must(storage.settle_dead_letter("sales", token, {2}, letter_at(2, "again not")));
  EXPECT_FALSE(must(storage.find_dead_letter("sales", {1})).has_value());
  EXPECT_EQ(must(storage.find_dead_letter("sales", {2}))->state, DeadLetterState::Parked);
  EXPECT_EQ(must(storage.find_dead_letter("sales", {3}))->state, DeadLetterState::Discarded);
  EXPECT_EQ(record_of(*store).replays, 0U);
}

void rebuild_is_quiet_up_to_where_it_was(StoreFixture& fixture) {
  Subject store(fixture);
  ProjectionStorage& storage = store->projections();
  expect_code(storage.rebuild("sales"), ErrorCode::InvalidArgument);
  const std::uint64_t token = take(*store).token;
  must(storage.save(save_of(token, 10)));
  const std::uint64_t before = record_of(*store).requests;
  must(storage.rebuild("sales"));
  ProjectionRecord record = record_of(*store);
  EXPECT_TRUE(record.has_pending_reset());
  EXPECT_EQ(record.reset_to, Position{0});
  EXPECT_EQ(record.quiet_until, Position{10});
  EXPECT_GT(record.requests, before);
  must(storage.save(save_of(token, 12)));  // the leader did not know of it yet
  CheckpointSave done = save_of(token, 4);
  done.rewinds = true;
  done.resets_done = record.resets;
  must(storage.save(done));
  EXPECT_EQ(record_of(*store).quiet_until, Position{12});
  must(storage.rebuild("sales"));
  EXPECT_EQ(record_of(*store).quiet_until, Position{12}) << "begun again before it was there";
  must(storage.reset("sales", {2}));
  EXPECT_EQ(record_of(*store).quiet_until, Position{0});
}

void removed_projection_leaves_only_its_token(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  ProjectionStorage& storage = store->projections();
  expect_code(storage.remove("sales"), ErrorCode::InvalidArgument);
  take(*store, "others");
  const ProjectionLease lease = take(*store);
  CheckpointSave save = save_of(lease.token, 9);
  save.dead_letters = {letter_at(3), letter_at(8)};
  must(storage.save(save));
  must(storage.pause("sales"));
  expect_code(storage.remove("sales"), ErrorCode::LeaseLost);
  EXPECT_EQ(record_of(*store).position, Position{9}) << "somebody leads it";
  must(storage.release_lease("sales", lease.token));
  must(storage.remove("sales"));
  EXPECT_FALSE(must(storage.load("sales")).has_value());
  EXPECT_EQ(must(storage.list()).size(), 1U);
  EXPECT_THAT(must(storage.list_dead_letters({})), IsEmpty());
  expect_code(storage.remove("sales"), ErrorCode::InvalidArgument);
  expect_code(storage.pause("sales"), ErrorCode::InvalidArgument);
  expect_code(storage.save(save_of(lease.token, 10)), ErrorCode::InvalidArgument);
  expect_code(storage.renew_lease("sales", lease.token, kLease), ErrorCode::InvalidArgument);

  const ProjectionLease next = take(*store);
  EXPECT_GT(next.token, lease.token) << "else a former leader could save again";
  ProjectionRecord anew;
  anew.name = "sales";
  anew.lease = next;
  EXPECT_EQ(record_of(*store), anew);
  expect_code(storage.save(save_of(lease.token, 10)), ErrorCode::LeaseLost);
}

void lease_that_ran_out_keeps_nobody_from_removing(StoreFixture& fixture) {
  ManualClock clock;
  Subject store(fixture, {.clock = &clock});
  take(*store);
  clock.advance(kLease);
  must(store->projections().remove("sales"));
  EXPECT_FALSE(must(store->projections().load("sales")).has_value());
}

void projections_outlive_the_store(StoreFixture& fixture) {
  Subject store(fixture);
  const Uuid log = must(store->projections().log_id());
  EXPECT_FALSE(log.is_nil());
  const std::uint64_t token = take(*store).token;
  CheckpointSave save = save_of(token, 9);
  save.dead_letters = {letter_at(8)};
  must(store->projections().save(save));
  must(store->projections().pause("sales"));
  const ProjectionRecord before = record_of(*store);
  store.reopen();
  EXPECT_EQ(record_of(*store), before);
  EXPECT_EQ(must(store->projections().log_id()), log);
  EXPECT_THAT(must(store->projections().list_dead_letters({})), ElementsAre(letter_at(8)));
}

void closed_store_refuses_saves(StoreFixture& fixture) {
  Subject store(fixture);
  const std::uint64_t token = take(*store).token;
  must(store->close({}));
  expect_code(store->projections().save(save_of(token, 1)), ErrorCode::ShuttingDown);
  expect_code(store->projections().load("sales"), ErrorCode::ShuttingDown);
}

constexpr Clause kClauses[] = {
    {"ProjectionIsUnknownUntilItIsLed", projection_is_unknown_until_it_is_led},
    {"LeaseIsHeldByOne", lease_is_held_by_one},
    {"LeaseIsRenewedAndGivenBack", lease_is_renewed_and_given_back},
    {"CheckpointMovesForward", checkpoint_moves_forward},
    {"FormerLeaderSavesNothing", former_leader_saves_nothing},
    {"RequestsAreCountedAndKept", requests_are_counted_and_kept},
    {"ResetIsPendingUntilItIsDone", reset_is_pending_until_it_is_done},
    {"DeadLettersComeWithTheirCheckpoint", dead_letters_come_with_their_checkpoint},
    {"DeadLettersAreReplayedAndDiscarded", dead_letters_are_replayed_and_discarded},
    {"RebuildIsQuietUpToWhereItWas", rebuild_is_quiet_up_to_where_it_was},
    {"RemovedProjectionLeavesOnlyItsToken", removed_projection_leaves_only_its_token},
    {"LeaseThatRanOutKeepsNobodyFromRemoving", lease_that_ran_out_keeps_nobody_from_removing},
    {"ProjectionsOutliveTheStore", projections_outlive_the_store, Clause::Needs::Persistence},
    {"ClosedStoreRefusesSaves", closed_store_refuses_saves, Clause::Needs::Persistence},
};

}  // namespace

std::span<const Clause> projection_clauses() { return kClauses; }

}  // namespace eventcore::testing::contract
