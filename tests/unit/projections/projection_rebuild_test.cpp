// Rebuilds: beside a live version, and by request.

#include <gmock/gmock.h>

#include <atomic>

#include "eventcore/projection_switch.hpp"
#include "projection_fixture.hpp"

namespace eventcore {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Remembers what it was given, and what it told the world. Waits at `gate`.
class Mailer final : public EventProjector {
 public:
  explicit Mailer(std::uint32_t version = 1)
      : EventProjector({.name = "mailer", .version = version}) {}

  [[nodiscard]] std::vector<std::uint64_t> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] std::vector<std::uint64_t> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  Result<void> reset(Position, const ProjectionContext&) override {
    const std::lock_guard lock(mutex_);
    seen_.clear();
    return {};
  }
  std::atomic<std::uint64_t> gate = UINT64_MAX;

 protected:
  Result<void> apply_stored(const StoredEvent& event, const ProjectionContext& context) override {
    while (event.position.value >= gate.load() && !context.stop.stop_requested()) {
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    if (event.position.value >= gate.load()) {
      return make_error(ErrorCode::HandlerFailed, "it was stopped");
    }
    const std::lock_guard lock(mutex_);
    seen_.push_back(event.position.value);
    if (!context.side_effects_suppressed()) sent_.push_back(event.position.value);
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> seen_;
  std::vector<std::uint64_t> sent_;
};

ProjectionRunnerOptions beside_live() {
  ProjectionRunnerOptions options = brisk();
  options.rebuild_of = "mailer";
  return options;
}

class ProjectionRebuild : public OnEachStore {
 protected:
  void drain(const std::shared_ptr<Mailer>& mailer, const ProjectionRunnerOptions& options) {
    const auto drained = run(mailer, options)->drain(patience());
    ASSERT_TRUE(drained) << describe(drained.error());
  }
  [[nodiscard]] bool is_at(std::string_view name, std::uint64_t position) {
    return eventually([&] { return record(name).position == Position{position}; });
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, ProjectionRebuild, each_store(), store_name);

TEST_P(ProjectionRebuild, BesideTheLiveVersionTellsTheWorldEachEventOnce) {
  const auto live = std::make_shared<Mailer>();
  const auto next = std::make_shared<Mailer>(2);
  write(250);
  drain(live, brisk());
  const auto rebuilding = run(next, beside_live());
  rebuilding->start();
  ASSERT_TRUE(rebuilding->wait_for({250}, patience()));
  EXPECT_TRUE(eventually([&] { return rebuilding->status().side_effects_suppressed; }));

  write(10);
  const auto early = rebuilding->wait_for({251}, Deadline::after(std::chrono::milliseconds{120}));
  EXPECT_FALSE(early) << "the live version is to tell of it";
  EXPECT_EQ(record("mailer@2").position, Position{250});
  drain(live, brisk());
  ASSERT_TRUE(rebuilding->wait_for({260}, patience()));
  ASSERT_TRUE(is_at("mailer@2", 260));

  const auto switched = switch_projections(storage(), "mailer", "mailer@2");
  ASSERT_TRUE(switched) << describe(switched.error());
  write(5);
  ASSERT_TRUE(rebuilding->wait_for({265}, patience()));
  EXPECT_TRUE(eventually([&] { return !rebuilding->status().side_effects_suppressed; }));
  EXPECT_EQ(next->seen(), positions_to(265));
  std::vector<std::uint64_t> sent = live->sent();
  const auto rest = next->sent();
  sent.insert(sent.end(), rest.begin(), rest.end());
  EXPECT_EQ(sent, positions_to(265));
  EXPECT_FALSE(*storage().load("mailer"));
}

TEST_P(ProjectionRebuild, BesideALiveVersionEndsWhereThatIs) {
  const auto live = std::make_shared<Mailer>();
  write(50);
  drain(live, brisk());
  write(30);
  const auto next = std::make_shared<Mailer>(2);
  drain(next, beside_live());
  EXPECT_EQ(record("mailer@2").position, Position{50});
  EXPECT_EQ(next->seen(), positions_to(50));
  EXPECT_THAT(next->sent(), IsEmpty());
}

TEST_P(ProjectionRebuild, OfNothingIsRefused) {
  write(5);
  const auto next = std::make_shared<Mailer>(2);
  const auto drained = run(next, beside_live())->drain(patience());
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(drained.error().message, HasSubstr("no live version 'mailer'"));
  EXPECT_THAT(next->seen(), IsEmpty());
  const auto itself = ProjectionRunner::open(*store_, std::make_shared<Mailer>(), beside_live());
  ASSERT_FALSE(itself);
  EXPECT_EQ(itself.error().code, ErrorCode::InvalidArgument);
}

TEST_P(ProjectionRebuild, ThatIsStoppedGoesOnFromItsCheckpoint) {
  const auto live = std::make_shared<Mailer>();
  write(250);
  drain(live, brisk());
  const auto first = std::make_shared<Mailer>(2);
  first->gate = 160;
  const auto rebuilding = run(first, beside_live());
  rebuilding->start();
  ASSERT_TRUE(eventually([&] { return first->seen().size() == 159; }));
  ASSERT_TRUE(rebuilding->stop(patience()));
  EXPECT_EQ(record("mailer@2").position, Position{159}) << "what was applied, and nothing else";
  EXPECT_EQ(rebuilding->status().failures[0], 0U) << "to stop is no failure";
  const auto second = std::make_shared<Mailer>(2);
  drain(second, beside_live());
  EXPECT_EQ(second->seen().front(), 160U);
  EXPECT_EQ(second->seen().size(), 91U);
  EXPECT_THAT(second->sent(), IsEmpty());
  ASSERT_TRUE(storage().remove("mailer@2")) << "given up";
  EXPECT_EQ(record("mailer").position, Position{250});
}

TEST_P(ProjectionRebuild, IsPausedResumedAndReset) {
  const auto live = std::make_shared<Mailer>();
  write(250);
  drain(live, brisk());
  const auto next = std::make_shared<Mailer>(2);
  next->gate = 120;
  const auto rebuilding = run(next, beside_live());
  rebuilding->start();
  ASSERT_TRUE(eventually([&] { return next->seen().size() == 119; }));
  ASSERT_TRUE(storage().pause("mailer@2"));
  next->gate = UINT64_MAX;
  ASSERT_TRUE(eventually([&] { return rebuilding->status().state == ProjectionState::Paused; }));
  ASSERT_TRUE(storage().reset("mailer@2", {0}));
  ASSERT_TRUE(storage().resume("mailer@2"));
  ASSERT_TRUE(eventually([&] { return next->seen() == positions_to(250); }));
  EXPECT_THAT(next->sent(), IsEmpty());
}

TEST_P(ProjectionRebuild, ByRequestSuppressesWhatWasDoneBefore) {
  write(250);
  const auto mailer = std::make_shared<Mailer>();
  const auto runner = run(mailer, brisk());
  runner->start();
  ASSERT_TRUE(runner->wait_for({250}, patience()));
  ASSERT_TRUE(storage().rebuild("mailer"));
  write(30);
  ASSERT_TRUE(eventually([&] { return mailer->seen() == positions_to(280); }));
  ASSERT_TRUE(eventually([&] { return !record("mailer").has_pending_reset(); }));
  ASSERT_TRUE(is_at("mailer", 280));
  write(20);
  ASSERT_TRUE(runner->wait_for({300}, patience()));
  EXPECT_EQ(mailer->seen(), positions_to(300));
  EXPECT_EQ(mailer->sent(), positions_to(300)) << "also what came before it saw the request";
}

TEST_P(ProjectionRebuild, ByRequestStaysQuietInTheNextProcess) {
  write(250);
  const auto mailer = std::make_shared<Mailer>();
  drain(mailer, brisk());
  ASSERT_TRUE(storage().rebuild("mailer"));
  mailer->gate = 130;
  const auto runner = run(mailer, brisk());
  runner->start();
  ASSERT_TRUE(eventually([&] { return mailer->seen().size() == 129; }));
  ASSERT_TRUE(runner->stop(patience()));
  const auto successor = std::make_shared<Mailer>();
  write(3);
  drain(successor, brisk());
  EXPECT_EQ(successor->seen().front(), 130U);
  EXPECT_THAT(successor->sent(), ::testing::ElementsAre(251U, 252U, 253U));
}

TEST_P(ProjectionRebuild, ResetTellsTheWorldAgain) {
  write(20);
  const auto mailer = std::make_shared<Mailer>();
  drain(mailer, brisk());
  ASSERT_TRUE(storage().rebuild("mailer"));
  ASSERT_TRUE(storage().reset("mailer", {15}));
  drain(mailer, brisk());
  EXPECT_EQ(mailer->sent().size(), 25U);
}

TEST_P(ProjectionRebuild, SaysHowFarItIs) {
  const auto live = std::make_shared<Mailer>();
  write(400);
  drain(live, brisk());
  write(400);
  const auto next = std::make_shared<Mailer>(2);
  next->gate = 101;
  const auto rebuilding = run(next, beside_live());
  rebuilding->start();
  ASSERT_TRUE(eventually([&] {
    const auto progress = rebuilding->status().progress;
    return progress && progress->ratio > 0;
  }));
  const ProjectionStatus status = rebuilding->status();
  EXPECT_EQ(status.state, ProjectionState::Replaying);
  EXPECT_TRUE(status.progress->rebuild);
  EXPECT_EQ(status.progress->from, Position{0});
  EXPECT_EQ(status.progress->at, Position{100});
  EXPECT_EQ(status.progress->target, Position{400}) << "where the live version is";
  EXPECT_DOUBLE_EQ(status.progress->ratio, 0.25);
  EXPECT_GT(status.progress->left, std::chrono::nanoseconds{0});
  next->gate = UINT64_MAX;
  ASSERT_TRUE(eventually([&] { return rebuilding->status().state == ProjectionState::CaughtUp; }));
  EXPECT_TRUE(eventually([&] { return !rebuilding->status().progress.has_value(); }));
}

TEST_P(ProjectionRebuild, IsNotWhatGoesOnWhereItWasLeft) {
  const auto mailer = std::make_shared<Mailer>();
  write(20);
  drain(mailer, brisk());
  write(300);
  const auto again = std::make_shared<Mailer>();
  again->gate = 121;
  const auto running = run(again, brisk());
  running->start();
  ASSERT_TRUE(eventually([&] {
    const auto progress = running->status().progress;
    return progress && progress->at == Position{120};
  }));
  EXPECT_FALSE(running->status().progress->rebuild);
  ASSERT_TRUE(running->stop(patience()));
  EXPECT_FALSE(running->status().progress) << "nobody is at it";
}

}  // namespace
}  // namespace eventcore
