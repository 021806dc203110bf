// What the contract can't say: two stores on one file, and files of an older version.

#include "eventcore/projection_storage.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "projection_fixture.hpp"

namespace eventcore {
namespace {

class SqliteProjections : public OnEachStore {
 protected:
  void run_sql(const char* sql) const {
    sqlite3* database = nullptr;
    sqlite3_open((folder_ / "store.db").c_str(), &database);
    char* message = nullptr;
    sqlite3_exec(database, sql, nullptr, nullptr, &message);
    EXPECT_EQ(message, nullptr) << message;
    sqlite3_close(database);
  }
  // What the first version of the schema left behind.
  void go_back_to_the_first_schema() {
    store_.reset();
    run_sql(
        "DROP TABLE zones; DROP TABLE log; DROP TABLE projections; DROP TABLE dead_letters; "
        "PRAGMA user_version = 1");
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, SqliteProjections, ::testing::Values(StoreKind::Sqlite),
                         store_name);

TEST_P(SqliteProjections, AreSharedByAllStoresOnAFile) {
  const auto other = open();
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(storage().log_id().value(), other->projections().log_id().value());
  const LeaseRequest request{
      .projection = "sales", .holder = "one", .duration = std::chrono::hours{1}};
  const auto first = storage().acquire_lease(request);
  ASSERT_TRUE(first && first->acquired);
  LeaseRequest foreign = request;
  foreign.holder = "two";
  const auto refused = other->projections().acquire_lease(foreign);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->acquired);
  EXPECT_EQ(refused->lease.holder, "one");
  ASSERT_TRUE(storage().release_lease("sales", first->lease.token));
  const auto taken = other->projections().acquire_lease(foreign);
  ASSERT_TRUE(taken && taken->acquired);
  const auto late =
      storage().save({.projection = "sales", .token = first->lease.token, .position = {1}});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::LeaseLost);
  EXPECT_THAT(late.error().message, ::testing::HasSubstr("by two"));
}

TEST_P(SqliteProjections, ComeIntoAFileOfTheFirstVersion) {
  write(5);
  go_back_to_the_first_schema();
  store_ = open();
  ASSERT_NE(store_, nullptr);
  EXPECT_EQ(store_->head(), Position{5});
  const auto log = storage().log_id();
  ASSERT_TRUE(log) << describe(log.error());
  EXPECT_FALSE(log->is_nil());
  const auto recorder = std::make_shared<Recorder>();
  ASSERT_TRUE(run(recorder, brisk())->drain(patience()));
  EXPECT_EQ(recorder->seen(), positions_to(5));
  store_ = open();
  EXPECT_EQ(storage().log_id().value(), *log) << "once and for all";
}

TEST_P(SqliteProjections, OfAnOldFileThatIsOnlyReadAreNone) {
  write(5);
  go_back_to_the_first_schema();
  auto store = open_sqlite_store({.path = folder_ / "store.db", .read_only = true});
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->projections().list().value().empty());
  EXPECT_FALSE((*store)->projections().load("sales").value().has_value());
  const auto log = (*store)->projections().log_id();
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::Unavailable);
  const auto refused = (*store)->projections().acquire_lease(
      {.projection = "sales", .holder = "one", .duration = std::chrono::seconds{1}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  const auto lag = projection_lag(**store, "sales");
  ASSERT_TRUE(lag);
  EXPECT_EQ(lag->events, 5U);
}

}  // namespace
}  // namespace eventcore
