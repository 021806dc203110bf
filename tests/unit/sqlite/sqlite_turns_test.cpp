// While another process has the turn: who waits, for how long, and what is said then.

#include <sqlite3.h>

#include <atomic>

#include "../../crash/pending_append.hpp"
#include "../../crash/test_vfs.hpp"
#include "sqlite_fixture.hpp"
#include "writer_turn.hpp"

namespace eventcore::sqlite {
namespace {

using crash::PendingAppend;
using crash::Step;
using crash::TestVfs;

class HourClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override {
    return Instant(std::chrono::hours{hours_});
  }
  [[nodiscard]] Timestamp wall() const noexcept override { return system_clock().wall(); }
  void skip_an_hour() noexcept { ++hours_; }

 private:
  std::atomic<int> hours_ = 0;
};

class SqliteTurns : public SqliteFile {
 protected:
  void SetUp() override {
    { ASSERT_NE(open(), nullptr); }
    ASSERT_TRUE(others_.open(path(), false));
    ASSERT_TRUE(others_.acquire([] { return true; }));
  }

  WriterTurn others_;  // has the turn
};

TEST_F(SqliteTurns, OnlyTheAppendThatWaitedTooLongFails) {
  HourClock clock;
  PendingAppend early(batch_for("a", ExpectedVersion::any()));
  PendingAppend late(batch_for("a", ExpectedVersion::any()));
  SqliteStoreOptions hourly = options();
  hourly.clock = &clock;
  hourly.busy_timeout = std::chrono::milliseconds{100};
  const auto store = open(hourly);
  store->submit_append(early);
  clock.skip_an_hour();
  store->submit_append(late);
  ASSERT_FALSE(early.result());
  EXPECT_EQ(early.result().error().code, ErrorCode::Unavailable);
  others_.release();
  EXPECT_TRUE(late.result());
}

TEST_F(SqliteTurns, AReadThatIsBehindKeepsItsDeadline) {
  PendingAppend waiting(batch_for("a", ExpectedVersion::any()));
  PendingAppend hurried(batch_for("a", ExpectedVersion::any()));
  SqliteStoreOptions patient = options();
  patient.busy_timeout = std::chrono::seconds{20};
  const auto store = open(patient);
  store->submit_append(waiting);
  hurried.deadline = Deadline::after(std::chrono::milliseconds{1});
  store->submit_append(hurried);
  ASSERT_FALSE(hurried.result()) << "the writer waits for its turn";
  others_.announce({99});
  const auto began = std::chrono::steady_clock::now();
  const auto page = store->read(LogQuery{}, Deadline::after(std::chrono::milliseconds{100}));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::DeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{10});
  others_.release();
  EXPECT_TRUE(waiting.result());
}

TEST_F(SqliteTurns, AReadThatCannotCatchUpSaysSo) {
  others_.release();
  TestVfs vfs;
  SqliteStoreOptions faulty = options();
  faulty.vfs = vfs.name();
  const auto store = open(faulty);
  ASSERT_TRUE(append(*store, "a"));
  others_.announce({99});
  vfs.fail(Step::Lock, 1, false, SQLITE_IOERR_SHMLOCK);
  const auto page = store->read(LogQuery{});
  ASSERT_TRUE(vfs.has_failed());
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::Unavailable);
  const auto again = store->read(LogQuery{});
  ASSERT_TRUE(again) << describe(again.error());
  EXPECT_EQ(again->events.size(), 1U);
}

}  // namespace
}  // namespace eventcore::sqlite
