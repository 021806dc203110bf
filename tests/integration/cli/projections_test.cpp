// The tool steers projections that run in another process, in each kind of store.

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "eventcore/projection_runner.hpp"
#include "eventcore/store_url.hpp"
#include "postgres_url.hpp"
#include "tool.hpp"

namespace eventcore {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

enum class StoreKind { Sqlite, Postgres };

bool eventually(const std::function<bool()>& holds) {
  const Deadline end = Deadline::after(std::chrono::seconds{40});
  while (!holds()) {
    if (end.expired(system_clock())) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return true;
}

// Does not take the event at position 3 while `refuses`.
class Orders final : public EventProjector {
 public:
  explicit Orders(std::uint32_t version = 1)
      : EventProjector({.name = "orders", .version = version}) {}
  std::atomic<bool> refuses = false;
  std::atomic<std::uint64_t> applied = 0;
  std::atomic<std::uint64_t> told = 0;

 protected:
  Result<void> apply_stored(const StoredEvent& event, const ProjectionContext& context) override {
    if (refuses && event.position == Position{3}) {
      return make_error(ErrorCode::HandlerFailed, "not this one");
    }
    ++applied;
    if (!context.side_effects_suppressed()) ++told;
    return {};
  }
};

class ProjectionsOfTheTool : public ::testing::TestWithParam<StoreKind> {
 protected:
  ProjectionsOfTheTool() {
    std::string folder = (std::filesystem::temp_directory_path() / "eventcore-XXXXXX").string();
    EXPECT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    if (GetParam() == StoreKind::Postgres) schema_.emplace();
    url_ = schema_ ? cli_test::url_of(*schema_) : "sqlite:" + (folder_ / "shop.db").string();
    tool("init");
    const Result<StoreUrl> url = StoreUrl::parse(url_);
    EXPECT_TRUE(url);
    Result<std::unique_ptr<EventStore>> opened = open_store(*url, {.create = false});
    EXPECT_TRUE(opened) << describe(opened.error());
    if (opened) store_ = *std::move(opened);
  }
  ~ProjectionsOfTheTool() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // What `eventcore COMMAND --store …` prints.
  std::string tool(const std::string& command, int exit_code = 0) const {
    return cli_test::run_tool(command + " --store '" + url_ + "'", exit_code);
  }

  void write(std::size_t events) {
    const std::vector<EventToWrite> batch(
        events, EventToWrite{StreamId::literal("order-1"), "OrderPlaced", R"({"number":1})"});
    const auto written = store_->write_events(batch);
    ASSERT_TRUE(written) << describe(written.error());
  }
  [[nodiscard]] ProjectionRecord record() {
    const auto found = store_->projections().load("orders");
    EXPECT_TRUE(found && *found);
    return found && *found ? **found : ProjectionRecord{};
  }
  [[nodiscard]] std::unique_ptr<ProjectionRunner> run(std::shared_ptr<Projector> projector,
                                                      ProjectionRunnerOptions options = {}) {
    options.request_poll = std::chrono::milliseconds{20};
    options.failure = {.attempts = 1, .then = FailurePolicy::Then::DeadLetter};
    auto runner = ProjectionRunner::open(*store_, std::move(projector), std::move(options));
    EXPECT_TRUE(runner) << describe(runner.error());
    return runner ? *std::move(runner) : nullptr;
  }
  [[nodiscard]] std::unique_ptr<ProjectionRunner> start(std::shared_ptr<Projector> projector,
                                                        ProjectionRunnerOptions options = {}) {
    auto runner = run(std::move(projector), std::move(options));
    runner->start();
    return runner;
  }

  std::filesystem::path folder_;
  std::optional<testing::PostgresSchema> schema_;
  std::string url_;
  std::unique_ptr<EventStore> store_;
};
std::string store_name(const ::testing::TestParamInfo<StoreKind>& kind) {
  return kind.param == StoreKind::Sqlite ? "Sqlite" : "Postgres";
}
INSTANTIATE_TEST_SUITE_P(Stores, ProjectionsOfTheTool,
                         ::testing::Values(StoreKind::Sqlite, StoreKind::Postgres), store_name);

TEST_P(ProjectionsOfTheTool, AreListedWithTheirLeaders) {
  EXPECT_EQ(tool("projections list"), "");
  EXPECT_EQ(tool("leases"), "");
  write(5);
  const auto runner = start(std::make_shared<Orders>());
  ASSERT_TRUE(runner->wait_for({5}, Deadline::after(std::chrono::seconds{40})));
  ASSERT_TRUE(eventually([&] { return runner->status().durable == Position{5}; }));
  EXPECT_THAT(tool("projections list"), ContainsRegex("orders +5 +caught up +[^ ]+:[0-9]+:"));
  EXPECT_THAT(tool("leases"), ContainsRegex("orders +held +1 +[0-9]"));
  EXPECT_THAT(tool("leases --json"),
              AllOf(HasSubstr(R"("state":"held")"), HasSubstr(R"("token":1)")));
  EXPECT_THAT(tool("projections status orders"),
              AllOf(ContainsRegex("position +5 of 5"), ContainsRegex("token 1, lease held until")));
  EXPECT_THAT(tool("explain 5"), ContainsRegex("applied by +orders\n"));
  ASSERT_TRUE(runner->stop());
  write(2);
  EXPECT_THAT(tool("projections list"), ContainsRegex("orders +5 +2 events, 0 s +- +- +-\n"));
  EXPECT_THAT(tool("projections status orders --json"),
              AllOf(HasSubstr(R"({"projection":"orders","position":5,"head":7,"lag_events":2,)"),
                    HasSubstr(R"("paused":false,"reset_to":null,"skip":null)")));
  EXPECT_THAT(tool("leases"), ContainsRegex("orders +free +1 +- +-\n"));
  EXPECT_THAT(tool("explain 6"), ContainsRegex("not yet by +orders\n"));
}

TEST_P(ProjectionsOfTheTool, ArePausedResumedAndReset) {
  write(5);
  const auto orders = std::make_shared<Orders>();
  const auto runner = start(orders);
  ASSERT_TRUE(eventually([&] { return orders->applied == 5; }));
  EXPECT_THAT(tool("projections pause orders"), HasSubstr("'orders' is paused"));
  ASSERT_TRUE(eventually([&] { return runner->status().state == ProjectionState::Paused; }));
  EXPECT_THAT(tool("projections list"), HasSubstr("paused"));
  EXPECT_THAT(tool("projections resume orders --json"), HasSubstr(R"("paused":false)"));
  EXPECT_THAT(tool("projections reset orders --to 2"), HasSubstr("goes to position 2"));
  ASSERT_TRUE(eventually([&] { return orders->applied == 8; }));
  EXPECT_EQ(orders->told, 8U);
  tool("projections pause orders");
  ASSERT_TRUE(eventually([&] { return runner->status().state == ProjectionState::Paused; }));
  EXPECT_THAT(tool("projections skip orders --position 7"), HasSubstr("leaves out position 7"));
  EXPECT_THAT(tool("projections list"), HasSubstr("paused, skip 7"));
  write(3);
  tool("projections resume orders");
  ASSERT_TRUE(eventually([&] { return record().position == Position{8}; }));
  EXPECT_EQ(orders->applied, 10U);
  EXPECT_EQ(runner->status().skipped, 1U);
}

TEST_P(ProjectionsOfTheTool, AreRebuiltWithoutSideEffects) {
  write(5);
  const auto orders = std::make_shared<Orders>();
  const auto runner = start(orders);
  ASSERT_TRUE(eventually([&] { return orders->applied == 5; }));
  EXPECT_THAT(tool("projections rebuild orders"),
              AllOf(HasSubstr("side effects are suppressed up to position 5"),
                    HasSubstr("is rebuilt up to position 5")));
  EXPECT_EQ(orders->applied, 10U);
  EXPECT_EQ(orders->told, 5U);
  ASSERT_TRUE(runner->stop());
  EXPECT_THAT(tool("projections rebuild orders --no-wait"),
              AllOf(HasSubstr("nobody leads it now"), HasSubstr("goes on by itself")));
  EXPECT_THAT(tool("projections status orders"), HasSubstr("reset to 0"));
  EXPECT_THAT(tool("projections rebuild orders --no-wait --json"),
              HasSubstr(R"("complete":false)"));
}

TEST_P(ProjectionsOfTheTool, AreSwitchedAndRemoved) {
  write(5);
  const auto live = start(std::make_shared<Orders>());
  ASSERT_TRUE(live->wait_for({5}, Deadline::after(std::chrono::seconds{40})));
  ProjectionRunnerOptions beside;
  beside.rebuild_of = "orders";
  const auto orders = std::make_shared<Orders>(2);
  const auto next = start(orders, beside);
  ASSERT_TRUE(eventually([&] { return next->status().durable == Position{5}; }));
  EXPECT_THAT(tool("projections switch orders orders@2", 3), HasSubstr("stop it first"));
  EXPECT_THAT(tool("projections remove orders", 3), HasSubstr("is led by"));
  ASSERT_TRUE(live->stop());
  EXPECT_THAT(tool("projections switch orders orders@2"), HasSubstr("'orders@2' goes on alone"));
  write(1);
  ASSERT_TRUE(eventually([&] { return orders->told == 1; }));
  EXPECT_THAT(tool("projections list"), Not(ContainsRegex("orders +5")));
  ASSERT_TRUE(next->stop());
  EXPECT_THAT(tool("projections remove orders@2 --json"), HasSubstr(R"("removed":true)"));
  EXPECT_EQ(tool("projections list"), "");
}

TEST_P(ProjectionsOfTheTool, SayWhatIsWrong) {
  write(5);
  for (const char* command :
       {"status", "pause", "resume", "reset --to 0", "skip --position 9", "rebuild", "remove"}) {
    std::string line = command;
    line.insert(std::min(line.find(' '), line.size()), " nothing");
    EXPECT_THAT(tool("projections " + line, 1), HasSubstr("there is no projection 'nothing'"));
  }
  ASSERT_TRUE(run(std::make_shared<Orders>())->drain());
  EXPECT_THAT(tool("projections skip orders --position 5", 2), HasSubstr("past this event"));
  EXPECT_THAT(tool("projections reset orders --to 6", 2), HasSubstr("beyond the head, 5"));
  EXPECT_THAT(tool("projections reset orders", 2), HasSubstr("--to is required"));
  EXPECT_THAT(tool("projections", 2), HasSubstr("subcommand"));
  EXPECT_THAT(tool("dead-letters show orders 3", 1), HasSubstr("no dead letter of position 3"));
  EXPECT_THAT(tool("dead-letters replay orders", 2), HasSubstr("POSITION or --all"));
  EXPECT_THAT(tool("dead-letters discard nothing 3", 1), HasSubstr("no projection 'nothing'"));
}

TEST_P(ProjectionsOfTheTool, HaveDeadLettersThatAreReplayedAndDiscarded) {
  write(5);
  const auto orders = std::make_shared<Orders>();
  orders->refuses = true;
  const auto runner = start(orders);
  ASSERT_TRUE(runner->wait_for({5}, Deadline::after(std::chrono::seconds{40})));
  ASSERT_TRUE(eventually([&] { return runner->status().durable == Position{5}; }));
  EXPECT_THAT(tool("dead-letters list"),
              ContainsRegex("orders +3 +parked +apply +1 .*not this one"));
  EXPECT_THAT(
      tool("dead-letters list orders --state parked --json"),
      HasSubstr(R"({"projection":"orders","position":3,"state":"parked","reason":"apply",)"));
  EXPECT_EQ(tool("dead-letters list --state discarded"), "");
  EXPECT_THAT(tool("dead-letters show orders 3"),
              AllOf(HasSubstr("not this one"), HasSubstr("OrderPlaced"), HasSubstr("order-1")));
  EXPECT_THAT(tool("dead-letters show orders 3 --json"),
              AllOf(HasSubstr(R"("event":{"position":3)"), HasSubstr(R"("number":1)")));
  tool("dead-letters replay orders 3");
  ASSERT_TRUE(eventually([&] {
    return tool("dead-letters show orders 3 --json")
               .find(R"("state":"parked","reason":"apply","attempts":2)") != std::string::npos;
  }));
  orders->refuses = false;
  EXPECT_THAT(tool("dead-letters replay orders --all"), HasSubstr("1 dead letter of 'orders'"));
  ASSERT_TRUE(eventually([&] { return orders->applied == 5; }));
  ASSERT_TRUE(eventually([&] { return tool("dead-letters list").empty(); }));
  orders->refuses = true;
  tool("projections reset orders --to 2");
  ASSERT_TRUE(eventually([&] { return !tool("dead-letters list").empty(); }));
  EXPECT_THAT(tool("dead-letters discard orders 3"), HasSubstr("kept as discarded"));
  EXPECT_THAT(tool("dead-letters list"), HasSubstr("discarded"));
  EXPECT_THAT(tool("projections status orders"), ContainsRegex("dead letters +0\n"));
}

}  // namespace
}  // namespace eventcore
