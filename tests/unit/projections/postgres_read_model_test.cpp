#include "eventcore/postgres_read_model.hpp"

#include "projection_fixture.hpp"

namespace eventcore {
namespace {

/// Counts how often each event was applied, in a table.
class Tally final : public Projector {
 public:
  Tally(std::unique_ptr<PostgresReadModel> model, std::uint64_t poison)
      : Projector({.name = "tally"}), model_(std::move(model)), poison_(poison) {}

  ReadModel* read_model() noexcept override { return model_.get(); }
  Result<void> apply(std::span<const StoredEvent> events, const ProjectionContext&) override {
    for (const StoredEvent& event : events) {
      const std::string at = std::to_string(event.position.value);
      auto counted =
          model_->execute("INSERT INTO seen AS s VALUES (" + at +
                          ", 1) ON CONFLICT (position) DO UPDATE SET times = s.times + 1");
      if (!counted) return counted;
      if (event.position.value == poison_) return make_error(ErrorCode::DecodeFailed, "no");
    }
    return {};
  }
  Result<void> reset(Position to, const ProjectionContext&) override {
    return model_->execute("DELETE FROM seen WHERE position > " + std::to_string(to.value));
  }

 private:
  const std::unique_ptr<PostgresReadModel> model_;
  const std::uint64_t poison_;
};

class PostgresReadModelTest : public OnEachStore {
 protected:
  [[nodiscard]] std::unique_ptr<PostgresReadModel> open_model(
      std::chrono::milliseconds idle_timeout = std::chrono::seconds{15}) const {
    auto model = PostgresReadModel::open(
        {.conninfo = database_.conninfo(),
         .name = "tally",
         .ddl = "CREATE TABLE IF NOT EXISTS seen (position bigint PRIMARY KEY, times integer)",
         .lock_timeout = std::chrono::seconds{30},
         .idle_timeout = idle_timeout});
    EXPECT_TRUE(model) << describe(model.error());
    return model ? std::move(*model) : nullptr;
  }
  [[nodiscard]] std::shared_ptr<Tally> tally(std::uint64_t poison = 0) const {
    return std::make_shared<Tally>(open_model(), poison);
  }
  [[nodiscard]] std::string value(const std::string& sql) const {
    return testing::PostgresConnection(database_.conninfo()).value(sql);
  }
  void expect_each_once(int events) const {
    EXPECT_EQ(value("SELECT count(*) FROM seen WHERE times = 1"), std::to_string(events));
    EXPECT_EQ(value("SELECT count(*) FROM seen"), std::to_string(events));
  }

  const testing::PostgresDatabase database_;
};
INSTANTIATE_TEST_SUITE_P(Stores, PostgresReadModelTest,
                         ::testing::Values(StoreKind::Memory, StoreKind::Postgres), store_name);

TEST_P(PostgresReadModelTest, HoldsDataAndCheckpointInOneTransaction) {
  write(350);
  const auto drained = run(tally(), brisk())->drain(patience());
  ASSERT_TRUE(drained) << describe(drained.error());
  expect_each_once(350);
  EXPECT_EQ(value("SELECT position FROM eventcore_projections"), "350");
}

TEST_P(PostgresReadModelTest, LeavesOutThePoisonAlone) {
  write(350);
  const auto drained = run(tally(137), brisk_with_letters())->drain(patience());
  ASSERT_TRUE(drained) << describe(drained.error());
  expect_each_once(349);
  EXPECT_EQ(value("SELECT count(*) FROM seen WHERE position = 137"), "0");
  EXPECT_EQ(record("tally").dead_letters, 1U);
}

TEST_P(PostgresReadModelTest, RefusesACommitOfAFormerLeader) {
  const Uuid log = storage().log_id().value();
  const auto former = open_model();
  const auto now = open_model();
  ASSERT_TRUE(former->begin({.token = 1, .log_id = log}));
  ASSERT_TRUE(former->commit({10}));
  const auto found = now->begin({.token = 2, .log_id = log});
  ASSERT_TRUE(found) << describe(found.error());
  EXPECT_EQ(found->position, Position{10});
  EXPECT_EQ(found->token, 1U);
  EXPECT_EQ(found->log_id, log);
  ASSERT_TRUE(now->commit({10}));
  const auto late = former->begin({.token = 1, .log_id = log});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::LeaseLost);
  EXPECT_EQ(value("SELECT token FROM eventcore_projections"), "2");
}

// A leader that was stopped in the middle of a transaction holds its row until the server ends it.
TEST_P(PostgresReadModelTest, LeaderThatWasStoppedMakesWayForItsSuccessor) {
  const Uuid log = storage().log_id().value();
  const auto former = open_model(std::chrono::milliseconds{200});
  ASSERT_TRUE(former->begin({.token = 1, .log_id = log}));
  ASSERT_TRUE(former->execute("INSERT INTO seen VALUES (1, 1)"));
  const auto now = open_model();
  const auto found = now->begin({.token = 2, .log_id = log});
  ASSERT_TRUE(found) << describe(found.error());
  ASSERT_TRUE(now->commit({5}));
  EXPECT_FALSE(former->commit({7}));
  expect_each_once(0);
  EXPECT_EQ(value("SELECT position FROM eventcore_projections"), "5");
  // It connects again, and learns who leads.
  const auto late = former->begin({.token = 1, .log_id = log});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::LeaseLost);
}

}  // namespace
}  // namespace eventcore
