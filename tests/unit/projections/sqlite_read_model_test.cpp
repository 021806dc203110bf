#include "eventcore/sqlite_read_model.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "projection_fixture.hpp"

namespace eventcore {
namespace {

using ::testing::HasSubstr;

/// Counts how often each event was applied, in a table. Applies in batches, and does not say which
/// event of a batch fails.
class Tally final : public Projector {
 public:
  Tally(std::unique_ptr<SqliteReadModel> model, Recorder::Fails fails = {})
      : Projector({.name = "tally"}), model_(std::move(model)), fails_(std::move(fails)) {}

  ReadModel* read_model() noexcept override { return model_.get(); }
  Result<void> apply(std::span<const StoredEvent> events, const ProjectionContext&) override {
    for (const StoredEvent& event : events) {
      const std::string at = std::to_string(event.position.value);
      auto counted = model_->execute("INSERT INTO seen VALUES (" + at +
                                     ", 1) ON CONFLICT DO UPDATE SET times = times + 1");
      if (!counted) return counted;
      if (!fails_) continue;
      if (auto failed = fails_(event.position); !failed) return failed;
    }
    return {};
  }
  Result<void> reset(Position to, const ProjectionContext&) override {
    return model_->execute("DELETE FROM seen WHERE position > " + std::to_string(to.value));
  }

 private:
  const std::unique_ptr<SqliteReadModel> model_;
  const Recorder::Fails fails_;
};

class SqliteReadModelTest : public OnEachStore {
 protected:
  [[nodiscard]] std::unique_ptr<SqliteReadModel> open_model() const {
    auto model = SqliteReadModel::open(
        {.path = folder_ / "tally.db",
         .name = "tally",
         .schema = "CREATE TABLE IF NOT EXISTS seen (position INTEGER PRIMARY KEY, times INTEGER)",
         .durability = Durability::Off});
    EXPECT_TRUE(model) << describe(model.error());
    return model ? std::move(*model) : nullptr;
  }
  [[nodiscard]] std::shared_ptr<Tally> tally(Recorder::Fails fails = {}) const {
    return std::make_shared<Tally>(open_model(), std::move(fails));
  }
  // The first column of the first row; -1 if there is none.
  [[nodiscard]] std::int64_t number(const char* sql) const {
    sqlite3* database = nullptr;
    sqlite3_open((folder_ / "tally.db").c_str(), &database);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
    const std::int64_t result =
        sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return result;
  }
  [[nodiscard]] std::int64_t checkpoint() const {
    return number("SELECT position FROM eventcore_projections");
  }
  void expect_each_once(std::int64_t events) const {
    EXPECT_EQ(number("SELECT count(*) FROM seen"), events);
    EXPECT_EQ(number("SELECT count(*) FROM seen WHERE times <> 1"), 0);
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, SqliteReadModelTest, each_store(), store_name);

TEST_P(SqliteReadModelTest, HoldsDataAndCheckpointInOneTransaction) {
  write(350);
  const auto drained = run(tally(), brisk())->drain(patience());
  ASSERT_TRUE(drained) << describe(drained.error());
  expect_each_once(350);
  EXPECT_EQ(checkpoint(), 350);
  EXPECT_EQ(record("tally").position, Position{350});
}

TEST_P(SqliteReadModelTest, LeavesOutThePoisonAloneAndAppliesAllOthersOnce) {
  write(350);
  const auto runner = run(tally([](Position at) -> Result<void> {
                            if (at.value == 137) throw std::runtime_error("poison");
                            if (at.value == 222) return make_error(ErrorCode::DecodeFailed, "no");
                            return {};
                          }),
                          brisk_with_letters());
  const auto drained = runner->drain(patience());
  ASSERT_TRUE(drained) << describe(drained.error());
  expect_each_once(348);
  EXPECT_EQ(number("SELECT count(*) FROM seen WHERE position IN (137, 222)"), 0);
  EXPECT_EQ(record("tally").dead_letters, 2U);
  EXPECT_EQ(storage().find_dead_letter("tally", {222}).value()->reason, DeadLetterReason::Decode);
  EXPECT_EQ(checkpoint(), 350);
}

TEST_P(SqliteReadModelTest, IsRightWhenTheStoreIsBehindOrAheadOfIt) {
  write(100);
  ASSERT_TRUE(run(tally(), brisk())->drain(patience()));
  // Killed between the commit of the read model and the store's checkpoint.
  const auto rewind = [&](std::uint64_t position) {
    const auto lease = storage().acquire_lease(
        {.projection = "tally", .holder = "x", .duration = std::chrono::nanoseconds{1}});
    ASSERT_TRUE(storage().save({.projection = "tally",
                                .token = lease->lease.token,
                                .position = {position},
                                .rewinds = true}));
  };
  rewind(40);
  write(10);
  ASSERT_TRUE(run(tally(), brisk())->drain(patience()));
  expect_each_once(110);
  // The read model lost its end.
  std::filesystem::remove(folder_ / "tally.db");
  write(10);
  ASSERT_TRUE(run(tally(), brisk())->drain(patience()));
  expect_each_once(120);
}

TEST_P(SqliteReadModelTest, RefusesACommitOfAFormerLeader) {
  const Uuid log = storage().log_id().value();
  const auto former = open_model();
  const auto now = open_model();
  ASSERT_TRUE(former->begin({.token = 1, .log_id = log}));
  ASSERT_TRUE(former->commit({10}));
  const auto found = now->begin({.token = 2, .log_id = log});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->position, Position{10});
  EXPECT_EQ(found->token, 1U);
  EXPECT_EQ(found->log_id, log);
  ASSERT_TRUE(now->commit({10}));
  const auto late = former->begin({.token = 1, .log_id = log});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::LeaseLost);
  EXPECT_EQ(checkpoint(), 10);
  EXPECT_EQ(number("SELECT token FROM eventcore_projections"), 2);
}

TEST_P(SqliteReadModelTest, IsResetWithItsCheckpoint) {
  write(100);
  const auto runner = run(tally(), brisk());
  runner->start();
  ASSERT_TRUE(runner->wait_for({100}, patience()));
  ASSERT_TRUE(storage().reset("tally", {30}));
  ASSERT_TRUE(eventually([&] { return record("tally").resets_done == 1; }));
  ASSERT_TRUE(runner->wait_for({100}, patience()));
  ASSERT_TRUE(runner->stop(patience()));
  expect_each_once(100);
}

TEST_P(SqliteReadModelTest, OfAnotherLogIsRefusedUntilItIsReset) {
  write(20);
  ASSERT_TRUE(run(tally(), brisk())->drain(patience()));
  start_over();
  write(30);
  const auto refused = run(tally(), brisk())->drain(patience());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("another log"));
  EXPECT_EQ(number("SELECT count(*) FROM seen"), 20);
  ASSERT_TRUE(storage().reset("tally", {0}));
  // The token of a new log begins again, below that of the read model.
  const auto runner = run(tally(), brisk());
  runner->start();
  ASSERT_TRUE(runner->wait_for({30}, patience()));
  expect_each_once(30);
}

}  // namespace
}  // namespace eventcore
