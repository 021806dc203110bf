// A medium that fails now and then, apart from commits: what the store then says stays true.

#include <sqlite3.h>

#include "../../crash/test_vfs.hpp"
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

}  // namespace
}  // namespace eventcore::sqlite
