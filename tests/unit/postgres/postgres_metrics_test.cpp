// What the store tells metrics of those who share it.

#include <atomic>
#include <functional>
#include <thread>

#include "eventcore/probe.hpp"
#include "postgres_fixture.hpp"

namespace eventcore::postgres {
namespace {

using namespace std::chrono_literals;

/// Remembers the last group.
class LastGroup final : public Probe {
 public:
  void group_committed(const GroupRecord& record) noexcept override {
    const std::lock_guard lock(mutex_);
    last_ = record;
    changed_.notify_all();
  }
  [[nodiscard]] GroupRecord wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, 1min, [&] { return last_.has_value(); })) {
      throw std::runtime_error("no group was committed within a minute");
    }
    return *std::exchange(last_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<GroupRecord> last_;
};

class PostgresMetrics : public PostgresTest {
 protected:
  /// Waits for what another session does.
  static bool eventually(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + 1min;
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  [[nodiscard]] static std::chrono::nanoseconds age(EventStore& store) {
    const auto found = store.administration().blocking_transaction_age();
    EXPECT_TRUE(found);
    return found.value_or(-1ns);
  }

  testing::PostgresConnection other_{testing::PostgresSchema::conninfo()};
};

TEST_F(PostgresMetrics, SayHowLongAGroupWaitedForItsTurn) {
  const auto probe = std::make_shared<LastGroup>();
  auto with_probe = options();
  with_probe.probe = probe;
  const auto store = open(with_probe);
  WriteBatch alone = batch_of({{"a", ExpectedVersion::any()}});
  ASSERT_TRUE(store->append(alone));
  const GroupRecord quick = probe->wait();
  ASSERT_TRUE(quick.lock_wait);
  EXPECT_GE(*quick.lock_wait, 0ns);
  EXPECT_LE(*quick.lock_wait, quick.commit);

  // The same key as the store's: the one advisory lock that its writer asks for.
  std::string key;
  other_.run("BEGIN; LOCK TABLE " + schema().quoted() + ".events IN ACCESS EXCLUSIVE MODE");
  PendingAppend stuck(batch_of({{"a", ExpectedVersion::any()}}));
  store->submit_append(stuck);
  ASSERT_TRUE(eventually([&] {
    key = value(
        "SELECT coalesce(max((classid::bigint << 32) | objid::bigint)::text, '') FROM "
        "pg_locks WHERE locktype = 'advisory' AND granted AND pid IN (SELECT pid FROM "
        "pg_locks WHERE NOT granted AND relation = '@.events'::regclass)");
    return !key.empty();
  }));
  other_.run("COMMIT");
  ASSERT_TRUE(stuck.result());
  static_cast<void>(probe->wait());

  other_.run("BEGIN; SELECT pg_advisory_xact_lock(" + key + ")");
  PendingAppend late(batch_of({{"a", ExpectedVersion::any()}}));
  store->submit_append(late);
  ASSERT_TRUE(eventually([&] {
    return value(
               "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND "
               "((classid::bigint << 32) | objid::bigint) = " +
               key +
               " AND pid IN (SELECT pid FROM pg_stat_activity WHERE xact_start < "
               "clock_timestamp() - interval '100 milliseconds')") == "1";
  }));
  EXPECT_GE(age(*store), 100ms) << "of who holds the lock, and of who waits for it";
  other_.run("COMMIT");
  ASSERT_TRUE(late.result());
  EXPECT_GE(probe->wait().lock_wait.value_or(0ns), 50ms);
}

TEST_F(PostgresMetrics, SayHowOldTheTransactionIsThatHoldsUpAppends) {
  const auto store = open();
  EXPECT_EQ(age(*store), 0ns);
  other_.run("BEGIN; SELECT count(*) FROM " + schema().quoted() + ".events");
  EXPECT_EQ(age(*store), 0ns) << "who reads holds up nobody";
  other_.run("LOCK TABLE " + schema().quoted() + ".events IN SHARE MODE");
  const auto first = age(*store);
  EXPECT_GT(first, 0ns);
  EXPECT_TRUE(eventually([&] { return age(*store) > first + 50ms; }));
  other_.run("ROLLBACK");
  EXPECT_EQ(age(*store), 0ns);
}

TEST_F(PostgresMetrics, KnowNothingOfLocksOnceTheStoreIsClosed) {
  const auto store = open();
  ASSERT_TRUE(store->close({}));
  EXPECT_EQ(store->administration().blocking_transaction_age(), std::nullopt);
}

}  // namespace
}  // namespace eventcore::postgres
