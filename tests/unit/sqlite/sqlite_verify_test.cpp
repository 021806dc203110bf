// What verify finds, and that it stands in nobody's way.

#include <string>

#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

const std::string kUnlock =
    "DROP TRIGGER events_are_never_updated;"
    "DROP TRIGGER events_are_never_deleted;"
    "DROP TRIGGER streams_are_never_updated;";

class SqliteVerify : public SqliteFile {
 protected:
  static bool finds(EventStore& store, std::string_view check, std::uint64_t position) {
    const auto report = store.administration().verify({});
    if (!report) {
      ADD_FAILURE() << describe(report.error());
      return false;
    }
    for (const Finding& finding : report->findings) {
      if (finding.check == check && finding.position.value == position) return true;
    }
    return false;
  }
};

// The triggers are dropped as somebody who wants to forge history would; verify sees it all.
TEST_F(SqliteVerify, FindsForgedRows) {
  {
    const auto store = open();
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(append(*store, "a"));
  }
  ASSERT_EQ(run_sql(kUnlock + "UPDATE events SET payload = x'00' WHERE position = 5;"
                              "UPDATE events SET previous = 1 WHERE position = 9;"
                              "UPDATE events SET version = 77 WHERE position = 20;"
                              "UPDATE events SET time = 0 WHERE position = 30;"
                              "DELETE FROM events WHERE position = 40;"),
            "");
  const auto store = open();
  EXPECT_TRUE(finds(*store, "checksum", 5));
  EXPECT_TRUE(finds(*store, "chain", 9));
  EXPECT_TRUE(finds(*store, "versions", 20));
  EXPECT_TRUE(finds(*store, "order", 30));
  EXPECT_TRUE(finds(*store, "density", 40));
  EXPECT_FALSE(finds(*store, "checksum", 6)) << "what was left alone";
}

TEST_F(SqliteVerify, FindsAForgedLongLinkOfAHead) {
  const auto append_many = [](EventStore& store, std::string_view stream, int count) {
    WriteBatch batch = batch_for(stream, ExpectedVersion::any());
    for (int i = 1; i < count; ++i) batch.add_event(0, "Noted", 1, "{}");
    ASSERT_TRUE(store.append(batch));
  };
  const auto store = open();
  append_many(*store, "a", 300);
  for (int i = 0; i < 10; ++i) append_many(*store, "b", 9'000);
  expect_clean(*store);
  ASSERT_EQ(number("SELECT skip FROM heads WHERE position = 300"), 256);
  ASSERT_EQ(run_sql("UPDATE heads SET skip = 7 WHERE position = 300"), "");
  EXPECT_TRUE(finds(*store, "heads", 300));
}

TEST_F(SqliteVerify, FindsRowsThatNobodyLooksFor) {
  {
    const auto store = open();
    WriteBatch batch = batch_for("a", ExpectedVersion::any());
    batch.add_event(0, "Noted", 1, "{}");
    ASSERT_TRUE(store->append(batch));
    ASSERT_TRUE(append(*store, "a"));
  }
  const auto store = open();
  expect_clean(*store);
  ASSERT_EQ(run_sql(kUnlock + "UPDATE events SET key = 'stolen' WHERE position = 2;"
                              "INSERT INTO events SELECT -position, stream, version, type,"
                              " schema_version, time, ordinal, previous, skip, headers,"
                              " command_id, command_type, NULL, correlation_id, causation_id,"
                              " trace, attempts, decision, batch_events, checksum, payload"
                              " FROM events WHERE position = 3"),
            "");
  EXPECT_TRUE(finds(*store, "batch", 2)) << "a key in the middle of a batch";
  EXPECT_TRUE(finds(*store, "density", 0)) << "an event before the first";
}

TEST_F(SqliteVerify, SurvivesHugeNumbers) {
  const auto store = open();
  ASSERT_TRUE(append(*store, "a"));
  ASSERT_EQ(run_sql("INSERT INTO streams (number, name) VALUES (9000000000000000, 'z');"
                    "INSERT INTO types (number, name) VALUES (9000000000000000, 'Z');"
                    "INSERT INTO streams (number, name) VALUES (-1, 'y');"
                    "INSERT INTO types (number, name) VALUES (-1, 'Y');"),
            "");
  EXPECT_TRUE(finds(*store, "streams", 0));
  EXPECT_TRUE(finds(*store, "types", 0));
  EXPECT_FALSE(finds(*store, "checksum", 1));
}

TEST_F(SqliteVerify, ItsProgressMayUseTheStore) {
  const auto store = open();
  ASSERT_TRUE(append(*store, "a"));
  const auto report = store->administration().verify([&](std::uint64_t, std::uint64_t) {
    return store->administration().stats() && append(*store, "b");
  });
  EXPECT_TRUE(report);
}

}  // namespace
}  // namespace eventcore::sqlite
