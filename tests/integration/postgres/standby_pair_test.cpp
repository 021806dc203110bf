#include "standby_pair.hpp"

#include <gmock/gmock.h>
#include <libpq-fe.h>

#include "postgres_connection.hpp"

namespace eventcore::testing {
namespace {

TEST(StandbyPair, HasWhatWasAcknowledgedAfterAFailOver) {
  StandbyPair pair({.failed = ::testing::Test::HasFailure});
  {
    PostgresConnection connection(pair.conninfo());
    EXPECT_EQ(connection.value("SHOW port"), std::to_string(pair.primary().port()));
    connection.run("CREATE TABLE kept (value int)");
    for (int i = 1; i <= 100; ++i) {
      connection.run("INSERT INTO kept VALUES (" + std::to_string(i) + ")");
    }
  }
  pair.fail_over();
  PostgresConnection connection(pair.conninfo());
  EXPECT_EQ(connection.value("SHOW port"), std::to_string(pair.standby().port()));
  EXPECT_EQ(connection.value("SELECT sum(value) FROM kept"), "5050");
  connection.run("INSERT INTO kept VALUES (101)");
  EXPECT_EQ(connection.value("SELECT count(*) FROM kept"), "101");
}

TEST(StandbyPair, RefusesWritesOnTheStandby) {
  StandbyPair pair({.failed = ::testing::Test::HasFailure});
  PostgresConnection standby(pair.standby().conninfo());
  EXPECT_EQ(standby.value("SELECT pg_is_in_recovery()"), "t");
  EXPECT_THAT([&] { standby.run("CREATE TABLE refused (value int)"); },
              ::testing::ThrowsMessage<std::runtime_error>(::testing::StartsWith("25006 ")));
}

TEST(StandbyPair, CommitsWaitForTheStandby) {
  StandbyPair pair({.failed = ::testing::Test::HasFailure});
  PostgresConnection(pair.conninfo()).run("CREATE TABLE kept (value int)");
  pair.standby().stop(StopMode::Immediate);
  PostgresConnection connection(pair.primary().conninfo());
  ASSERT_EQ(PQsendQuery(connection.raw(), "INSERT INTO kept VALUES (1)"), 1);
  PostgresConnection other(pair.primary().conninfo());
  const std::string waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (other.value(waiting) != "1" && std::chrono::steady_clock::now() < limit) {
  }
  EXPECT_EQ(other.value(waiting), "1");
  ASSERT_EQ(PQconsumeInput(connection.raw()), 1);
  EXPECT_EQ(PQisBusy(connection.raw()), 1);
  pair.standby().start();
  PGresult* result = PQgetResult(connection.raw());
  EXPECT_EQ(PQresultStatus(result), PGRES_COMMAND_OK);
  PQclear(result);
}

}  // namespace
}  // namespace eventcore::testing
