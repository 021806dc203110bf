// What is in the file, and what is refused as one.

#include <fstream>
#include <iterator>

#include "schema.hpp"
#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

using SqliteFormat = SqliteFile;

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(SqliteFormat, MarksItsFilesAndTheirVersion) {
  { ASSERT_NE(open(), nullptr); }
  EXPECT_EQ(number("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(number("PRAGMA user_version"), kSchemaVersion);
}

TEST_F(SqliteFormat, OpeningAgainChangesNothing) {
  {
    const auto store = open();
    ASSERT_TRUE(append(*store, "a"));
  }
  const std::string before = content(path());
  { ASSERT_NE(open(), nullptr); }
  EXPECT_EQ(content(path()), before);
}

TEST_F(SqliteFormat, CreatesMissingFolders) {
  SqliteStoreOptions nested = options();
  nested.path = folder_ / "a" / "b" / "store.db";
  ASSERT_NE(open(nested), nullptr);
  EXPECT_TRUE(std::filesystem::exists(nested.path));
}

TEST_F(SqliteFormat, KeepsBatchColumnsOnTheFirstEvent) {
  {
    const auto store = open();
    WriteBatch batch = batch_for("a", ExpectedVersion::any());
    batch.add_event(0, "Noted", 1, "second");
    batch.info.key = "key";
    ASSERT_TRUE(store->append(batch));
  }
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE command_id IS NOT NULL"), 1);
  EXPECT_EQ(number("SELECT batch_events FROM events WHERE ordinal = 0"), 2);
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE checksum IS NOT NULL"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE key = 'key'"), 1);
}

TEST_F(SqliteFormat, LinksEveryEventAndEvery256thFar) {
  {
    const auto store = open();
    WriteBatch batch = batch_for("a", ExpectedVersion::any());
    for (int i = 1; i < 600; ++i) batch.add_event(0, "Noted", 1, "{}");
    ASSERT_TRUE(append(*store, "b"));
    ASSERT_TRUE(store->append(batch));
  }
  EXPECT_EQ(number("SELECT previous FROM events WHERE position = 1"), 0);
  EXPECT_EQ(number("SELECT previous FROM events WHERE position = 2"), 0);
  EXPECT_EQ(number("SELECT previous FROM events WHERE position = 300"), 299);
  EXPECT_EQ(number("SELECT skip FROM events WHERE position = 257"), 0) << "version 256";
  EXPECT_EQ(number("SELECT skip FROM events WHERE position = 513"), 257) << "version 512";
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE skip <> 0"), 1);
}

TEST_F(SqliteFormat, TriggersRefuseChanges) {
  {
    const auto store = open();
    ASSERT_TRUE(append(*store, "a"));
  }
  EXPECT_EQ(run_sql("UPDATE events SET payload = x'00'"), "events are never updated");
  EXPECT_EQ(run_sql("DELETE FROM events"), "events are never deleted");
  EXPECT_EQ(run_sql("UPDATE streams SET name = 'b'"), "streams are never renamed");
  EXPECT_EQ(run_sql("DELETE FROM types"), "event types are never deleted");
  EXPECT_EQ(number("SELECT count(*) FROM events"), 1);
}

TEST_F(SqliteFormat, RefusesANewerSchemaAndNamesBothVersions) {
  { ASSERT_NE(open(), nullptr); }
  ASSERT_EQ(run_sql("PRAGMA user_version = 99"), "");
  const auto store = open_sqlite_store(options());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::Unavailable);
  EXPECT_NE(store.error().message.find("schema version 99"), std::string::npos);
  EXPECT_NE(store.error().message.find("up to " + std::to_string(kSchemaVersion)),
            std::string::npos);
  EXPECT_EQ(number("PRAGMA user_version"), 99);
}

TEST_F(SqliteFormat, RefusesWhatIsNoDatabaseAndLeavesIt) {
  const std::string text(10'000, 'x');
  { std::ofstream(path()) << text; }
  const auto store = open_sqlite_store(options());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::Corrupt) << describe(store.error());
  EXPECT_EQ(store.error().message.find('\n'), std::string::npos);
  EXPECT_NE(store.error().message.find(path().string()), std::string::npos);
  EXPECT_EQ(content(path()), text);
  EXPECT_FALSE(std::filesystem::exists(writers_file(path()))) << "nothing was put beside it";
}

TEST_F(SqliteFormat, RefusesAnotherApplicationsDatabase) {
  ASSERT_EQ(run_sql("CREATE TABLE notes (text)"), "");
  const std::string before = content(path());
  const auto store = open_sqlite_store(options());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(content(path()), before);
}

TEST_F(SqliteFormat, RefusesACutFile) {
  {
    const auto store = open();
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(append(*store, "a", ExpectedVersion::any(), std::string(5'000, 'x')));
  }
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  const auto store = open_sqlite_store(options());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::Corrupt) << describe(store.error());
}

TEST_F(SqliteFormat, RefusesFoldersAndMissingFiles) {
  SqliteStoreOptions folder = options();
  folder.path = folder_;
  EXPECT_EQ(open_sqlite_store(folder).error().code, ErrorCode::Unavailable);
  SqliteStoreOptions missing = options();
  missing.create = false;
  EXPECT_EQ(open_sqlite_store(missing).error().code, ErrorCode::Unavailable);
  SqliteStoreOptions read_only = options();
  read_only.read_only = true;
  EXPECT_EQ(open_sqlite_store(read_only).error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "nothing was created";
  EXPECT_EQ(open_sqlite_store({.path = ""}).error().code, ErrorCode::InvalidArgument);
}

// Its files have no shared memory, without which SQLite keeps its old journal.
TEST_F(SqliteFormat, RefusesAFileThatCannotHaveItsJournal) {
  SqliteStoreOptions dotfile = options();
  dotfile.vfs = "unix-dotfile";
  const auto store = open_sqlite_store(dotfile);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::Unavailable);
  EXPECT_NE(store.error().message.find("journal mode is delete"), std::string::npos)
      << store.error().message;
}

TEST_F(SqliteFormat, FinishesACreationThatWasInterrupted) {
  ASSERT_EQ(run_sql("PRAGMA journal_mode = WAL"), "") << "what a crash before the schema leaves";
  const auto store = open();
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(append(*store, "a"));
}

TEST_F(SqliteFormat, TellsThatAnotherProgramHasMigratedIt) {
  const auto store = open();
  ASSERT_TRUE(append(*store, "a"));
  auto version = store->administration().schema_version();
  ASSERT_TRUE(version);
  EXPECT_EQ(version->stored, version->known);
  ASSERT_EQ(run_sql("PRAGMA user_version = 99"), "");
  version = store->administration().schema_version();
  ASSERT_TRUE(version);
  EXPECT_EQ(version->stored, 99U);
  EXPECT_LT(version->known, 99U);
  ASSERT_EQ(run_sql("PRAGMA user_version = " + std::to_string(version->known)), "");
}

TEST_F(SqliteFormat, ReadOnlyReadsAndRefusesAppends) {
  {
    const auto store = open();
    ASSERT_TRUE(append(*store, "a"));
  }
  const std::string before = content(path());
  {
    SqliteStoreOptions read_only = options();
    read_only.read_only = true;
    const auto store = open(read_only);
    EXPECT_EQ(version_of(*store, "a"), 1U);
    EXPECT_EQ(version_of(*store, "none"), 0U);
    EXPECT_EQ(append(*store, "a").error().code, ErrorCode::Unavailable);
    EXPECT_EQ(store->administration().record_care(CareTask::Backup, {}).error().code,
              ErrorCode::Unavailable);
    expect_clean(*store);
  }
  EXPECT_EQ(content(path()), before);
}

}  // namespace
}  // namespace eventcore::sqlite
