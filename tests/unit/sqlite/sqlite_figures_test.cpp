// What a store tells metrics: figures that need no reading, and the use of its readers.

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "eventcore/testing/manual_clock.hpp"
#include "eventcore/testing/recording_probe.hpp"
#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

using namespace std::chrono_literals;
using testing::ManualClock;
using testing::RecordingProbe;

/// Reads the log; its reader stays busy until `release`.
class HeldRead final : public ReadOperation {
 public:
  HeldRead() { query = LogQuery{}; }
  void release() { may_end_.set_value(); }
  void await_begun() { begun_.get_future().wait(); }
  ErrorCode await_error() { return error_.get_future().get(); }

 private:
  void completed(Result<EventPage> page) noexcept override {
    begun_.set_value();
    may_end_.get_future().wait();
    error_.set_value(page ? ErrorCode::InvalidArgument : page.error().code);
  }

  std::promise<void> begun_;
  std::promise<void> may_end_;
  std::promise<ErrorCode> error_;
};

class SqliteFigures : public SqliteFile {
 protected:
  [[nodiscard]] SqliteStoreOptions observed() const {
    SqliteStoreOptions result = options();
    result.clock = &clock;
    result.probe = probe;
    return result;
  }

  ManualClock clock;
  std::shared_ptr<RecordingProbe> probe = std::make_shared<RecordingProbe>();
};

TEST_F(SqliteFigures, AreKnownAfterReopening) {
  auto store = open(observed());
  ASSERT_TRUE(append(*store, "a"));
  ASSERT_TRUE(append(*store, "b"));
  const StoreFigures before = store->administration().figures();
  EXPECT_EQ(before.events, 2U);
  EXPECT_EQ(before.streams, 2U);
  EXPECT_EQ(before.last_append, clock.wall());
  store.reset();
  clock.advance(1h);
  store = open(observed());
  const StoreFigures after = store->administration().figures();
  EXPECT_EQ(after.events, 2U);
  EXPECT_EQ(after.streams, 2U);
  EXPECT_EQ(after.last_append, before.last_append);
}

TEST_F(SqliteFigures, FollowOtherStoresOnTheFile) {
  const auto store = open(observed());
  const auto other = open(observed());
  ASSERT_TRUE(append(*other, "a"));
  clock.advance(1s);
  ASSERT_TRUE(append(*other, "b"));
  ASSERT_EQ(version_of(*store, "b"), 1U);
  EXPECT_EQ(store->administration().figures().streams, 2U);
  EXPECT_EQ(store->administration().figures().last_append, clock.wall());
}

TEST_F(SqliteFigures, ARejectedBatchChangesNothing) {
  const auto store = open(observed());
  ASSERT_TRUE(append(*store, "a"));
  clock.advance(1s);
  ASSERT_FALSE(append(*store, "a", ExpectedVersion::no_stream()));
  EXPECT_EQ(store->administration().figures().last_append, clock.wall() - 1s);
}

TEST_F(SqliteFigures, KnowTheDisk) {
  const auto store = open(observed());
  ASSERT_TRUE(append(*store, "a", ExpectedVersion::any(), std::string(100'000, 'x')));
  const StoreSpace space = store->administration().space();
  EXPECT_GT(space.size_bytes, 100'000U);
  ASSERT_TRUE(space.disk_size_bytes && space.disk_free_bytes);
  EXPECT_GT(*space.disk_size_bytes, space.size_bytes);
  EXPECT_LT(*space.disk_free_bytes, *space.disk_size_bytes);
}

TEST_F(SqliteFigures, ShowReadersAtWorkAndReadsThatWait) {
  const auto store = open(observed());
  ASSERT_TRUE(append(*store, "a"));
  const auto pool = [&] { return store->administration().figures().pools.at(0); };
  EXPECT_EQ(probe->connections_opened(), 1U);
  EXPECT_EQ(pool().size, 1U);
  EXPECT_EQ(pool().size_max, 1U);
  EXPECT_EQ(pool().in_use, 0U);
  HeldRead first;
  store->submit_read(first);
  first.await_begun();
  HeldRead late;
  late.deadline = {clock.now() + 1s};
  store->submit_read(late);
  EXPECT_EQ(pool().in_use, 1U);
  EXPECT_EQ(pool().pending, 1U);
  clock.advance(2s);
  first.release();
  late.release();
  EXPECT_EQ(late.await_error(), ErrorCode::DeadlineExceeded);
  ASSERT_TRUE(store->close({}));
  EXPECT_EQ(pool().in_use, 0U);
  EXPECT_EQ(pool().pending, 0U);
  EXPECT_EQ(pool().size, 0U) << "the readers are gone";

  const auto uses = probe->pool_uses();
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[0].pool, pool().name);
  EXPECT_FALSE(uses[0].timed_out);
  EXPECT_EQ(uses[0].wait, 0s);
  EXPECT_TRUE(uses[1].timed_out);
  EXPECT_EQ(uses[1].wait, 2s);
}

TEST_F(SqliteFigures, TellNobodyWhoDoesNotWantThem) {
  const auto deaf = std::make_shared<RecordingProbe>(ProbeInterests{.pools = false});
  SqliteStoreOptions quiet = options();
  quiet.probe = deaf;
  const auto store = open(quiet);
  ASSERT_TRUE(append(*store, "a"));
  ASSERT_TRUE(store->read(LogQuery{}));
  EXPECT_TRUE(deaf->pool_uses().empty());
  EXPECT_EQ(deaf->connections_opened(), 0U);
}

}  // namespace
}  // namespace eventcore::sqlite
