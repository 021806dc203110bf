// Commits that fail: what the store says while it does not know, and afterwards.

#include <sqlite3.h>

#include <thread>

#include "../../crash/test_vfs.hpp"
#include "sqlite_fixture.hpp"
#include "writer_turn.hpp"

namespace eventcore::sqlite {
namespace {

using crash::Step;
using crash::TestVfs;

class SqliteRecovery : public SqliteFile {
 protected:
  [[nodiscard]] SqliteStoreOptions faulty(std::chrono::milliseconds busy_timeout) const {
    SqliteStoreOptions faulty = options();
    faulty.durability = Durability::Full;
    faulty.busy_timeout = busy_timeout;
    faulty.vfs = vfs_.name();
    return faulty;
  }
  // Appends until the store accepts again.
  static void expect_works_again(EventStore& store) {
    const Deadline patience = Deadline::after(std::chrono::seconds{30});
    while (!append(store, "again")) {
      ASSERT_FALSE(patience.expired(system_clock())) << "it does not work again";
      std::this_thread::yield();
    }
  }

  TestVfs vfs_;
};

TEST_F(SqliteRecovery, OneFailedSyncIsResolvedToTheTruth) {
  const auto store = open(faulty(std::chrono::seconds{30}));
  ASSERT_TRUE(append(*store, "a"));
  vfs_.fail(Step::Sync, 1, false, SQLITE_IOERR_FSYNC);
  const auto result = append(*store, "a", ExpectedVersion::exactly({1}));
  EXPECT_TRUE(vfs_.has_failed());
  if (result) {
    EXPECT_EQ(version_of(*store, "a"), 2U);
  } else {
    EXPECT_EQ(result.error().code, ErrorCode::Unavailable) << "resolved: nothing was written";
    EXPECT_EQ(version_of(*store, "a"), 1U);
  }
  expect_works_again(*store);
  expect_clean(*store);
}

// What it found stored was announced by nobody.
TEST_F(SqliteRecovery, OtherStoresAreToldTheHead) {
  WriterTurn others;
  ASSERT_TRUE(others.open(path(), false));
  const auto store = open(faulty(std::chrono::seconds{30}));
  ASSERT_TRUE(append(*store, "a"));
  ASSERT_EQ(others.shared_head(), Position{1});
  others.correct({1}, {0});
  vfs_.fail(Step::Sync, 1, false, SQLITE_IOERR_FSYNC);
  static_cast<void>(append(*store, "a"));
  EXPECT_TRUE(vfs_.has_failed());
  EXPECT_EQ(others.shared_head(), store->head());
}

TEST_F(SqliteRecovery, AMediumThatStaysBrokenLeavesDoubt) {
  const auto store = open(faulty(std::chrono::milliseconds{50}));
  ASSERT_TRUE(append(*store, "a"));
  vfs_.fail(Step::Sync, 1, true, SQLITE_IOERR_FSYNC);
  const auto result = append(*store, "a");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::CommitInDoubt) << describe(result.error());
  EXPECT_EQ(append(*store, "b").error().code, ErrorCode::Unavailable) << "it refuses writes";
  EXPECT_EQ(version_of(*store, "a"), 1U) << "reads go on, and see what is durable";
  vfs_.heal();
  expect_works_again(*store);
  expect_clean(*store);
}

TEST_F(SqliteRecovery, ADeadlineEndsTheDoubt) {
  const auto store = open(faulty(std::chrono::hours{1}));
  ASSERT_TRUE(append(*store, "a"));
  vfs_.fail(Step::Sync, 1, true, SQLITE_IOERR_FSYNC);
  WriteBatch batch = batch_for("a", ExpectedVersion::any());
  const auto result = store->append(batch, Deadline::after(std::chrono::milliseconds{200}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::CommitInDoubt) << describe(result.error());
  vfs_.heal();
  expect_works_again(*store);
}

TEST_F(SqliteRecovery, AFullDiskWritesNothing) {
  const auto store = open(faulty(std::chrono::seconds{30}));
  ASSERT_TRUE(append(*store, "a"));
  vfs_.fail(Step::Write, 1, false, SQLITE_FULL);
  const auto result = append(*store, "a", ExpectedVersion::exactly({1}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::Unavailable) << describe(result.error());
  EXPECT_EQ(version_of(*store, "a"), 1U);
  expect_works_again(*store);
  expect_clean(*store);
}

// A step that an insert needs fails before COMMIT: plain, and resolved by rolling back.
TEST_F(SqliteRecovery, ALockThatFailsWritesNothing) {
  const auto store = open(faulty(std::chrono::milliseconds{50}));
  ASSERT_TRUE(append(*store, "a"));
  vfs_.fail(Step::Lock, 1, true, SQLITE_BUSY);
  const auto result = append(*store, "a");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::Unavailable) << describe(result.error());
  vfs_.heal();
  EXPECT_TRUE(append(*store, "a", ExpectedVersion::exactly({1}))) << "at once, without recovery";
}

TEST_F(SqliteRecovery, ABrokenStoreCanBeClosed) {
  auto store = open(faulty(std::chrono::milliseconds{20}));
  ASSERT_TRUE(append(*store, "a"));
  vfs_.fail(Step::Sync, 1, true, SQLITE_IOERR_FSYNC);
  EXPECT_FALSE(append(*store, "a"));
  store.reset();
  vfs_.heal();
  const auto again = open();
  EXPECT_GE(version_of(*again, "a"), 1U);
  expect_clean(*again);
}

}  // namespace
}  // namespace eventcore::sqlite
