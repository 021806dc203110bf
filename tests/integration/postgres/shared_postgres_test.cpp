#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <chrono>
#include <cstdio>
#include <cstring>

#include "postgres_connection.hpp"
#include "postgres_server.hpp"
#include "server_folder.hpp"
#include "server_sharing.hpp"

namespace eventcore::testing {
namespace {

using ::testing::StartsWith;
using ::testing::ThrowsMessage;

TEST(SharedPostgres, IsOneServerWithADatabaseForEachTest) {
  const PostgresDatabase first;
  const PostgresDatabase second;
  EXPECT_NE(first.name(), second.name());
  PostgresConnection in_first(first.conninfo());
  PostgresConnection in_second(second.conninfo());
  EXPECT_EQ(in_first.value("SHOW port"), in_second.value("SHOW port"));
  in_first.run("CREATE TABLE mine (value int)");
  EXPECT_THAT([&] { in_second.run("SELECT * FROM mine"); },
              ThrowsMessage<std::runtime_error>(StartsWith("42P01 ")));
}

TEST(SharedPostgres, DropsDatabasesThatAreStillInUse) {
  std::string name;
  std::unique_ptr<PostgresConnection> connection;
  {
    const PostgresDatabase database;
    name = database.name();
    connection = std::make_unique<PostgresConnection>(database.conninfo());
  }
  EXPECT_THROW(connection->run("SELECT 1"), std::runtime_error);
  PostgresConnection other(shared_postgres() + " dbname=postgres");
  EXPECT_EQ(other.value("SELECT count(*) FROM pg_database WHERE datname = '" + name + "'"), "0");
}

TEST(SharedPostgres, EndsWithTheProcessThatHadItStarted) {
  const ServerFolder folder;
  const std::string shared = (folder.path() / "shared").string();
  // The shell is the parent, as ctest is for tests.
  const std::string script = std::string(EVENTCORE_TEST_POSTGRES) + " share " + shared +
                             " && cat " + shared + "/server; :";
  FILE* shell = popen(script.c_str(), "r");
  ASSERT_NE(shell, nullptr);
  char line[256] = "";
  EXPECT_NE(fgets(line, sizeof line, shell), nullptr);
  EXPECT_THAT(line, StartsWith("host=127.0.0.1 port="));
  EXPECT_EQ(pclose(shell), 0);
  const std::string conninfo = std::string(line, strcspn(line, "\n")) + " dbname=postgres";
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  // Asked once more, the server of another test may have the port.
  bool has_ended = false;
  while (!has_ended && std::chrono::steady_clock::now() < limit) {
    has_ended = PQping(conninfo.c_str()) == PQPING_NO_RESPONSE;
  }
  EXPECT_TRUE(has_ended);
  unshare_server(shared);  // returns when the lock is free
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "shared" / "server"));
}

TEST(PostgresConnection, GivesTheRowsOfTheLastStatement) {
  const PostgresDatabase database;
  PostgresConnection connection(database.conninfo());
  const PostgresConnection::Rows rows =
      connection.run("SELECT 1; SELECT * FROM (VALUES (2, 'two'), (3, NULL)) t");
  EXPECT_EQ(rows, (PostgresConnection::Rows{{"2", "two"}, {"3", ""}}));
  EXPECT_THROW(connection.value("SELECT 1 WHERE false"), std::runtime_error);
  EXPECT_EQ(connection.value("SELECT 'still usable'"), "still usable");
}

}  // namespace
}  // namespace eventcore::testing
