// What the schema refuses, and to whom.

#include <atomic>
#include <thread>

#include "postgres_fixture.hpp"

namespace eventcore::postgres {
namespace {

using PostgresSchemaTest = PostgresTest;

TEST_F(PostgresSchemaTest, WhatIsStoredStays) {
  const auto store = open();
  WriteBatch batch = batch_of({{"a", ExpectedVersion::any()}});
  ASSERT_TRUE(store->append(batch));
  for (const char* sql :
       {"UPDATE @.events SET version = 7", "DELETE FROM @.events", "TRUNCATE @.events",
        "UPDATE @.streams SET name = 'b'", "DELETE FROM @.types"}) {
    EXPECT_THROW(run(sql), std::runtime_error) << sql;
  }
  EXPECT_EQ(value("SELECT count(*) FROM @.log WHERE stream = 'a' AND type = 'Noted'"), "1");
}

TEST_F(PostgresSchemaTest, ServiceCanAppendThroughFunctionsOnly) {
  const std::string role = schema().name() + "_service";
  run("CREATE ROLE \"" + role + "\" LOGIN");
  {
    PostgresStoreOptions owner = options();
    owner.runtime_role = role;
    ASSERT_TRUE(open_postgres_store(owner));
    PostgresStoreOptions service = options();
    service.conninfo += " user=" + role;
    service.create = false;
    const auto store = open(service);
    WriteBatch batch = batch_of({{"a", ExpectedVersion::any()}});
    EXPECT_TRUE(store->append(batch));
    EXPECT_EQ(store->read(LogQuery{})->events.size(), 1U);

    testing::PostgresConnection session(service.conninfo);
    EXPECT_THROW(session.run("INSERT INTO " + schema().quoted() + ".types VALUES (99, 'Made up')"),
                 std::runtime_error);
    EXPECT_THROW(session.run("DROP TABLE " + schema().quoted() + ".events"), std::runtime_error);
  }
  run("DROP OWNED BY \"" + role + "\"; DROP ROLE \"" + role + "\"");
}

TEST_F(PostgresSchemaTest, MissingSchemaIsNamed) {
  PostgresStoreOptions options = this->options();
  options.create = false;
  const auto opened = open_postgres_store(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Unavailable);
  EXPECT_NE(opened.error().message.find(schema().name()), std::string::npos);
}

TEST_F(PostgresSchemaTest, LaterVersionIsRefused) {
  ASSERT_TRUE(open_postgres_store(options()));
  run("UPDATE @.facts SET value = 99 WHERE name = 'schema_version'");
  const auto opened = open_postgres_store(options());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("99"), std::string::npos);
}

TEST_F(PostgresSchemaTest, StoresThatOpenAtOnceMakeItOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> opened = 0;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const auto store = open_postgres_store(options());
      EXPECT_TRUE(store) << describe(store.error());
      opened += store ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 6);
}

TEST_F(PostgresSchemaTest, PasswordsAreNotRepeated) {
  PostgresStoreOptions options = this->options();
  options.conninfo = "postgres://ann:s3cret@host:port-less/shop?nonsense=s3cret";
  const auto opened = open_postgres_store(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(describe(opened.error()).find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace eventcore::postgres
