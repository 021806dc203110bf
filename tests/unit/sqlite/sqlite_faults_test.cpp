// A medium that fails now and then, apart from commits: what the store then says stays true.

#include <sqlite3.h>

#include "../../crash/test_vfs.hpp"
#include "log_file.hpp"
#include "log_reader.hpp"
#include "schema.hpp"
#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

using crash::Step;
using crash::TestVfs;

class SqliteFaults : public SqliteFile {
 protected:
  [[nodiscard]] SqliteStoreOptions faulty() const {
    SqliteStoreOptions faulty = options();
    faulty.vfs = vfs_.name();
    return faulty;
  }

  TestVfs vfs_;
};

// Heads of quiet streams are neither in memory nor in the tail: following another store reads them.
TEST_F(SqliteFaults, AnEventThatCouldNotBeFollowedIsNotSkipped) {
  SqliteStoreOptions few = faulty();
  few.heads_cached_max = 1;
  const auto other = open();
  const auto quiet = [](std::uint64_t number) { return "quiet-" + std::to_string(number); };
  for (std::uint64_t i = 1; i <= 50; ++i) ASSERT_TRUE(append(*other, quiet(i)));
  for (int done = 0; done < 90'000; done += 9'000) {
    WriteBatch batch = batch_for("a", ExpectedVersion::any());
    for (int i = 1; i < 9'000; ++i) batch.add_event(0, "Noted", 1, "{}");
    ASSERT_TRUE(other->append(batch));
  }
  bool failed = true;
  std::uint64_t number = 1;
  for (; failed && number <= 50; ++number) {
    const auto store = open(few);
    ASSERT_TRUE(append(*other, quiet(number)));
    vfs_.fail(Step::Read, number, false, SQLITE_IOERR_READ);
    WriteBatch check;
    check.add_stream(StreamId::literal("b"), ExpectedVersion::no_stream());
    const auto checked = store->append(check);
    failed = vfs_.has_failed();
    vfs_.heal();
    EXPECT_NE(failed, checked.has_value()) << number;
    const auto stale = append(*store, quiet(number), ExpectedVersion::exactly({1}));
    EXPECT_FALSE(stale) << "version 2 exists; read " << number << " failed";
    EXPECT_EQ(version_of(*store, quiet(number)), 2U);
  }
  EXPECT_GT(number, 3U) << "the fault came about";
  EXPECT_FALSE(failed) << "every read was tried";
  expect_clean(*other);
}

TEST_F(SqliteFaults, AConnectionIsWholeOrNotThere) {
  StoreState state(faulty());
  ASSERT_TRUE(prepare_file(state.options, state.turn));
  LogFile file(state);
  LogReader reader(state);
  bool failed = true;
  for (std::uint64_t number = 1; failed && number < 20; ++number) {
    vfs_.fail(Step::Read, number, true, SQLITE_IOERR_READ);
    const bool file_connects = file.connect().has_value();
    EXPECT_EQ(file_connects, file.is_connected()) << number;
    failed = vfs_.has_failed();
    vfs_.fail(Step::Read, number, true, SQLITE_IOERR_READ);
    const bool reader_connects = reader.connect().has_value();
    EXPECT_EQ(reader_connects, reader.connection().is_open()) << number;
    vfs_.heal();
    file.disconnect();
    reader.disconnect();
  }
  EXPECT_FALSE(failed) << "every read was tried";
  ASSERT_TRUE(file.connect());
  EXPECT_TRUE(file.load());
  EXPECT_TRUE(reader.read(LogQuery{}));
}

// SQLite refuses to change it within a transaction.
TEST_F(SqliteFaults, AWeakerSyncThatStaysIsNoticed) {
  SqliteStoreOptions full = options();
  full.durability = Durability::Full;
  StoreState state(full);
  ASSERT_TRUE(prepare_file(full, state.turn));
  LogFile file(state);
  ASSERT_TRUE(file.connect());
  ASSERT_EQ(file.set_weaker(true), SQLITE_OK);
  ASSERT_EQ(file.begin(), SQLITE_OK);
  EXPECT_NE(file.set_weaker(false), SQLITE_OK);
  EXPECT_TRUE(file.is_weaker());
}

TEST_F(SqliteFaults, ImportedBatchesThatAreNotSyncedAreReported) {
  SqliteStoreOptions full = faulty();
  full.durability = Durability::Full;
  const auto store = open(full);
  WriteBatch batch = batch_for("a", ExpectedVersion::any());
  ASSERT_TRUE(store->administration().import_batch(batch, {1}, Timestamp{}));
  vfs_.fail(Step::Sync, 1, true, SQLITE_IOERR_FSYNC);
  const auto closed = store->close({});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, ErrorCode::Unavailable) << describe(closed.error());
  EXPECT_FALSE(store->close({})) << "it is still so";
  vfs_.heal();
}

}  // namespace
}  // namespace eventcore::sqlite
