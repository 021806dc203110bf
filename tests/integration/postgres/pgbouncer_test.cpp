#include "pgbouncer.hpp"

#include <gmock/gmock.h>

#include "postgres_connection.hpp"

namespace eventcore::testing {
namespace {

const PgBouncerOptions kOneServerConnection{
    .settings = {"pool_mode = transaction", "default_pool_size = 1"}};

TEST(PgBouncer, GivesTransactionsOfManyClientsToOneServerConnection) {
  const PostgresDatabase database;
  const PgBouncer bouncer(shared_postgres(), kOneServerConnection);
  PostgresConnection first(bouncer.conninfo(database.name()));
  PostgresConnection second(bouncer.conninfo(database.name()));
  EXPECT_EQ(first.value("SELECT pg_backend_pid()"), second.value("SELECT pg_backend_pid()"));
  EXPECT_EQ(first.value("SELECT current_database()"), database.name());
}

TEST(PgBouncer, LosesWhatBelongsToASession) {
  const PostgresDatabase database;
  const PgBouncer bouncer(shared_postgres(),
                          {.settings = {"pool_mode = transaction", "default_pool_size = 2"}});
  PostgresConnection first(bouncer.conninfo(database.name()));
  first.run("PREPARE one AS SELECT 1");
  // The server connection that knows the statement is busy with somebody else's transaction.
  PostgresConnection second(bouncer.conninfo(database.name()));
  second.run("BEGIN");
  EXPECT_THAT([&] { first.run("EXECUTE one"); },
              ::testing::ThrowsMessage<std::runtime_error>(::testing::StartsWith("26000 ")));
  second.run("COMMIT");
}

TEST(PgBouncer, TakesOptionsThatItDoesNotKnow) {
  const PgBouncer bouncer(shared_postgres());
  PostgresConnection connection(bouncer.conninfo() + " options='-c statement_timeout=1000'");
  EXPECT_EQ(connection.value("SELECT 1"), "1");
}

TEST(PgBouncer, RestartsOnItsPort) {
  PgBouncer bouncer(shared_postgres());
  PostgresConnection before(bouncer.conninfo());
  EXPECT_EQ(before.value("SELECT 1"), "1");
  bouncer.restart();
  EXPECT_THROW(before.run("SELECT 1"), std::runtime_error);
  EXPECT_EQ(PostgresConnection(bouncer.conninfo()).value("SELECT 1"), "1");
}

TEST(PgBouncer, FindsAServerThatHasRestarted) {
  PostgresServer server;
  const PgBouncer bouncer(server);
  EXPECT_EQ(PostgresConnection(bouncer.conninfo()).value("SELECT 1"), "1");
  server.restart(StopMode::Immediate);
  EXPECT_EQ(PostgresConnection(bouncer.conninfo()).value("SELECT 2"), "2");
}

}  // namespace
}  // namespace eventcore::testing
