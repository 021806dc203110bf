// What becomes of events that fail.

#include <gmock/gmock.h>

#include "projection_fixture.hpp"

namespace eventcore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using ProjectionFailure = OnEachStore;
INSTANTIATE_TEST_SUITE_P(Stores, ProjectionFailure, each_store(), store_name);

std::shared_ptr<Recorder> failing(Recorder::Fails fails) {
  return std::make_shared<Recorder>(ProjectorDescription{.name = "recorder"}, std::move(fails));
}

TEST_P(ProjectionFailure, IsTriedAgain) {
  write(250);
  const auto recorder = failing(fails_at(120, 2));
  const auto runner = run(recorder, brisk());
  const auto drained = runner->drain(patience());
  ASSERT_TRUE(drained) << describe(drained.error());
  EXPECT_EQ(recorder->seen(), positions_to(250)) << "in order, each once";
  EXPECT_EQ(runner->status().failures[0], 2U);
  EXPECT_EQ(runner->status().retries, 2U);
}

TEST_P(ProjectionFailure, InTheMiddleOfABatchBecomesADeadLetterAlone) {
  write(250);
  const auto recorder = failing(fails_at(120, 1'000));
  const auto runner = run(recorder, brisk_with_letters());
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(recorder->seen(), positions_to(250, {120}));
  const auto letters = storage().list_dead_letters({.projection = "recorder"});
  ASSERT_TRUE(letters);
  ASSERT_EQ(letters->size(), 1U);
  const DeadLetter& letter = letters->front();
  EXPECT_EQ(letter.position, Position{120});
  EXPECT_EQ(letter.reason, DeadLetterReason::Apply);
  EXPECT_EQ(letter.attempts, 3U);
  EXPECT_THAT(letter.message, HasSubstr("does not want"));
  EXPECT_LE(letter.first_failure, letter.last_failure);
  EXPECT_EQ(record().dead_letters, 1U);
  EXPECT_EQ(runner->status().dead_letters, 1U);
}

class Counter final : public ProjectionProbe {
 public:
  void batch_applied(const ProjectionBatchRecord& record) noexcept override {
    events += record.events;
  }
  void failed(const ProjectionFailureRecord& record) noexcept override {
    if (record.position == Position{120}) ++failures;
  }
  void retried(std::string_view, std::chrono::nanoseconds) noexcept override { ++pauses; }
  void dead_lettered(const DeadLetter& letter) noexcept override { letters += letter.attempts; }
  void lease_acquired(std::string_view, std::uint64_t token) noexcept override { leases += token; }
  std::atomic<std::uint64_t> events = 0;
  std::atomic<std::uint64_t> failures = 0;
  std::atomic<std::uint64_t> pauses = 0;
  std::atomic<std::uint64_t> letters = 0;
  std::atomic<std::uint64_t> leases = 0;
};

TEST_P(ProjectionFailure, IsToldToTheProbe) {
  write(250);
  const auto counter = std::make_shared<Counter>();
  ProjectionRunnerOptions options = brisk_with_letters();
  options.probe = counter;
  ASSERT_TRUE(run(failing(fails_at(120, 1'000)), options)->drain(patience()));
  EXPECT_EQ(counter->events, 249U);
  EXPECT_EQ(counter->failures, 3U);
  EXPECT_EQ(counter->pauses, 2U) << "none before the letter";
  EXPECT_EQ(counter->letters, 3U);
  EXPECT_EQ(counter->leases, 1U);
}

TEST_P(ProjectionFailure, CarriesTheTraceOfItsCommand) {
  WriteBatch batch;
  batch.info.id = mint_uuid({});
  batch.info.trace =
      *TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  batch.add_event(batch.add_stream(StreamId::literal("a"), ExpectedVersion::any()), "counted", 1,
                  R"({"number":1})");
  ASSERT_TRUE(store_->append(batch));
  ASSERT_TRUE(run(failing(fails_at(1, 1'000)), brisk_with_letters())->drain(patience()));
  const auto letter = storage().find_dead_letter("recorder", {1});
  ASSERT_TRUE(letter && *letter);
  EXPECT_EQ((*letter)->trace_id, "0af7651916cd43dd8448eb211c80319c");
}

TEST_P(ProjectionFailure, StopsTheProjectionIfThePolicySaysSo) {
  write(20);
  const auto recorder = failing(fails_at(7, 4));
  const auto runner = run(recorder, brisk());
  runner->start();
  ASSERT_TRUE(eventually([&] { return runner->status().state == ProjectionState::Faulted; }));
  EXPECT_EQ(record().position, Position{6});
  EXPECT_THAT(runner->status().last_error, HasSubstr("position 7"));
  const auto waited = runner->wait_for({7}, patience());
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, ErrorCode::HandlerFailed);
  runner->restart();
  ASSERT_TRUE(eventually([&] { return recorder->seen().size() == 20; }));
  EXPECT_EQ(recorder->seen(), positions_to(20));
  EXPECT_TRUE(runner->stop(patience()));
}

TEST_P(ProjectionFailure, IsLeftOutWhenAnOperatorSkipsIt) {
  write(20);
  const auto recorder = failing(fails_at(7, 1'000));
  const auto runner = run(recorder, brisk());
  runner->start();
  ASSERT_TRUE(eventually([&] { return runner->status().state == ProjectionState::Faulted; }));
  ASSERT_TRUE(storage().skip("recorder", {7}));
  ASSERT_TRUE(eventually([&] { return recorder->seen().size() == 19; }));
  EXPECT_EQ(recorder->seen(), positions_to(20, {7}));
  EXPECT_EQ(runner->status().skipped, 1U);
  EXPECT_TRUE(runner->stop(patience()));
  EXPECT_EQ(record().skip, Position{0});
}

TEST_P(ProjectionFailure, OfWhatIsUnavailableIsNoVerdictOnTheEvent) {
  write(20);
  const auto recorder = failing(fails_at(7, 30, ErrorCode::Unavailable));
  const auto runner = run(recorder, brisk_with_letters());
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(recorder->seen(), positions_to(20));
  EXPECT_EQ(record().dead_letters, 0U);
  EXPECT_EQ(runner->status().store_errors, 30U);

  write(20);
  ProjectionRunnerOptions counting = brisk_with_letters();
  counting.failure.counts_unavailable = true;
  ASSERT_TRUE(run(failing(fails_at(27, 30, ErrorCode::Unavailable)), counting)->drain(patience()));
  EXPECT_EQ(record().dead_letters, 1U);
}

class Numbers final : public TypedProjector<std::variant<Counted>> {
 public:
  Numbers()
      : TypedProjector(
            {.name = "recorder",
             .filter = EventFilter::all().prefix(StreamPrefix::parse("numbers-").value())}) {}
  std::int64_t sum = 0;

 protected:
  Result<void> apply_event(const Events& event, const StoredEvent&,
                           const ProjectionContext&) override {
    if (std::get<Counted>(event).number < 0) throw std::runtime_error("a negative number");
    sum += std::get<Counted>(event).number;
    return {};
  }
};

TEST_P(ProjectionFailure, SaysWhetherBytesOrProjectorAreToBlame) {
  write(*store_, 1, "counted", R"({"number":2})");
  write(*store_, 1, "counted", R"({"number":"two"})");
  write(*store_, 1, "foreign");
  write(*store_, 1, "counted", R"({"number":-1})");
  write(*store_, 1, "counted", R"({"number":5})");
  const auto numbers = std::make_shared<Numbers>();
  ASSERT_TRUE(run(numbers, brisk_with_letters())->drain(patience()));
  EXPECT_EQ(numbers->sum, 7);
  const auto letters = storage().list_dead_letters({.projection = "recorder"});
  ASSERT_TRUE(letters);
  std::vector<std::pair<std::uint64_t, DeadLetterReason>> found;
  for (const DeadLetter& letter : *letters)
    found.emplace_back(letter.position.value, letter.reason);
  EXPECT_THAT(found, ElementsAre(std::pair(2U, DeadLetterReason::Decode),
                                 std::pair(4U, DeadLetterReason::Apply)))
      << "a type that the projector does not know is left out by its filter";
}

class AllNumbers final : public TypedProjector<std::variant<Counted>> {
 public:
  AllNumbers()
      : TypedProjector(
            {.name = "recorder", .filter = EventFilter().type<Counted>().type("foreign")}) {}

 protected:
  Result<void> apply_event(const Events&, const StoredEvent&, const ProjectionContext&) override {
    return {};
  }
};

TEST_P(ProjectionFailure, OfAnUnknownTypeIsOneToo) {
  write(*store_, 1, "foreign");
  ASSERT_TRUE(run(std::make_shared<AllNumbers>(), brisk_with_letters())->drain(patience()));
  const auto letter = storage().find_dead_letter("recorder", {1});
  ASSERT_TRUE(letter && *letter);
  EXPECT_EQ((*letter)->reason, DeadLetterReason::UnknownType);
}

TEST_P(ProjectionFailure, IsReplayedOnRequest) {
  write(20);
  const auto recorder = failing(fails_at(7, 4));
  const auto runner = run(recorder, brisk_with_letters());
  runner->start();
  ASSERT_TRUE(runner->wait_for({20}, patience()));
  ASSERT_TRUE(storage().replay_dead_letter("recorder", {7}));
  const auto letter = [&] { return storage().find_dead_letter("recorder", {7}); };
  ASSERT_TRUE(eventually([&] { return letter().value()->state == DeadLetterState::Parked; }));
  EXPECT_EQ(letter().value()->attempts, 4U) << "it failed again";
  ASSERT_TRUE(storage().replay_dead_letter("recorder", {7}));
  ASSERT_TRUE(eventually([&] { return !letter()->has_value(); }));
  EXPECT_EQ(recorder->seen().back(), 7U);
  EXPECT_EQ(record().position, Position{20}) << "the checkpoint stays";
  EXPECT_TRUE(runner->stop(patience()));
}

TEST_P(ProjectionFailure, IsForgottenWhenItsEventComesAgain) {
  write(20);
  const auto recorder = failing(fails_at(7, 3));
  const auto runner = run(recorder, brisk_with_letters());
  ASSERT_TRUE(runner->drain(patience()));
  EXPECT_EQ(record().dead_letters, 1U);
  ASSERT_TRUE(storage().reset("recorder", {0}));
  write(1);
  ASSERT_TRUE(run(recorder, brisk_with_letters())->drain(patience()));
  EXPECT_EQ(record().dead_letters, 0U);
  EXPECT_EQ(recorder->seen(), positions_to(21));
}

}  // namespace
}  // namespace eventcore
