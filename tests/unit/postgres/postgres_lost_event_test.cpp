// The script by which readers of other logs miss events: two sessions write, the second commits
// first, and a projection reads in between.

#include <atomic>
#include <thread>

#include "eventcore/projection_runner.hpp"
#include "postgres_fixture.hpp"

namespace eventcore::postgres {
namespace {

constexpr std::int64_t kTestLock = 4'711;

Deadline patience() { return Deadline::after(std::chrono::seconds{60}); }

class Listener final : public EventProjector {
 public:
  Listener() : EventProjector({.name = "listener"}) {}
  [[nodiscard]] std::vector<std::string> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 protected:
  Result<void> apply_stored(const StoredEvent& event, const ProjectionContext&) override {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::to_string(event.position.value) + " " + std::string(event.stream));
    return {};
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
};

class PostgresLostEvent : public PostgresTest {
 protected:
  PostgresLostEvent() {
    WriteBatch batch = batch_of({{"base", ExpectedVersion::any()}});
    EXPECT_TRUE(second_->append(batch));
    auto opened = ProjectionRunner::open(*reader_, listener_);
    EXPECT_TRUE(opened);
    runner_ = std::move(*opened);
    runner_->start();
  }

  [[nodiscard]] std::unique_ptr<EventStore> open_patient() const {
    PostgresStoreOptions patient = options();
    patient.lock_timeout = std::chrono::minutes{2};
    patient.statement_timeout = std::chrono::minutes{3};
    return open(patient);
  }
  /// From now on an append to the stream `held` stands in its transaction, behind the place where
  /// its position was chosen, until `release`.
  void hold() {
    holder_.run("SELECT pg_advisory_lock(" + std::to_string(kTestLock) + ")");
    run("CREATE FUNCTION @.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.stream = (SELECT number FROM @.streams WHERE name = 'held') THEN "
        "PERFORM pg_advisory_xact_lock_shared(" +
        std::to_string(kTestLock) +
        "); END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER hold BEFORE INSERT ON @.events FOR EACH ROW EXECUTE FUNCTION @.hold()");
  }
  void release() { holder_.run("SELECT pg_advisory_unlock(" + std::to_string(kTestLock) + ")"); }
  /// The server processes of this test's appends that wait for a lock, once there are `count`.
  std::string waiting(const std::string& count) {
    const std::string appends =
        " FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory' AND "
        "query LIKE '%" +
        schema().name() + "%'";
    const Deadline end = patience();
    while (value("SELECT count(*)" + appends) != count) {
      if (end.expired(system_clock())) throw std::runtime_error("nobody waits for a lock");
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return value("SELECT min(pid)" + appends);
  }
  /// What a projection is given that reads everything there is now.
  std::vector<std::string> read_now() {
    const auto drained = runner_->drain(patience());
    EXPECT_TRUE(drained) << describe(drained.error());
    return listener_->heard();
  }

  using Heard = std::vector<std::string>;

  const std::unique_ptr<EventStore> first_ = open_patient();
  const std::unique_ptr<EventStore> second_ = open_patient();
  const std::unique_ptr<EventStore> reader_ = open();
  const std::shared_ptr<Listener> listener_ = std::make_shared<Listener>();
  testing::PostgresConnection holder_{testing::PostgresSchema::conninfo()};
  std::unique_ptr<ProjectionRunner> runner_;
};

// What would have been 2 can't be overtaken: whoever comes later waits, and nobody sees a 3.
TEST_F(PostgresLostEvent, IsNotOvertakenWhileItStandsBeforeItsCommit) {
  hold();
  PendingAppend held(batch_of({{"held", ExpectedVersion::any()}}));
  first_->submit_append(held);
  waiting("1");
  PendingAppend later(batch_of({{"later", ExpectedVersion::any()}}));
  second_->submit_append(later);
  waiting("2");
  EXPECT_EQ(read_now(), (Heard{"1 base"}));
  EXPECT_EQ(reader_->read(LogQuery{})->events.size(), 1U);
  release();
  ASSERT_TRUE(held.result()) << describe(held.result().error());
  ASSERT_TRUE(later.result()) << describe(later.result().error());
  ASSERT_TRUE(runner_->wait_for(later.result()->last, patience()));
  EXPECT_EQ(read_now(), (Heard{"1 base", "2 held", "3 later"}));
}

TEST_F(PostgresLostEvent, LeavesNoGapWhenItsSessionIsLost) {
  hold();
  PendingAppend held(batch_of({{"held", ExpectedVersion::any()}}));
  first_->submit_append(held);
  const std::string process = waiting("1");
  PendingAppend later(batch_of({{"later", ExpectedVersion::any()}}));
  second_->submit_append(later);
  waiting("2");
  EXPECT_EQ(read_now(), (Heard{"1 base"}));
  run("SELECT pg_terminate_backend(" + process + ")");
  ASSERT_TRUE(later.result()) << describe(later.result().error());
  ASSERT_FALSE(held.result());
  EXPECT_EQ(held.result().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(read_now(), (Heard{"1 base", "2 later"}));
  release();
  WriteBatch again = batch_of({{"held", ExpectedVersion::any()}});
  ASSERT_TRUE(first_->append(again));
  EXPECT_EQ(read_now(), (Heard{"1 base", "2 later", "3 held"}));
}

TEST_F(PostgresLostEvent, IsDeliveredWhenTheSecondSessionCommitsFirst) {
  Plug plug;
  first_->submit_append(plug);
  plug.await_standstill();
  PendingAppend slow(batch_of({{"slow", ExpectedVersion::any()}}));
  first_->submit_append(slow);
  WriteBatch fast = batch_of({{"fast", ExpectedVersion::any()}});
  ASSERT_TRUE(second_->append(fast));
  EXPECT_EQ(read_now(), (Heard{"1 base", "2 plug", "3 fast"}));
  plug.pull();
  ASSERT_TRUE(slow.result());
  EXPECT_EQ(read_now(), (Heard{"1 base", "2 plug", "3 fast", "4 slow"}));
}

// Readers that wait for the oldest transaction to end would stand still here.
TEST_F(PostgresLostEvent, IsNotWaitedForWhereNobodyWritesEvents) {
  holder_.run("BEGIN; CREATE TEMPORARY TABLE held (number int); INSERT INTO held VALUES (1)");
  ASSERT_NE(holder_.value("SELECT pg_current_xact_id()"), "");
  WriteBatch batch = batch_of({{"fast", ExpectedVersion::any()}});
  ASSERT_TRUE(second_->append(batch));
  EXPECT_EQ(read_now(), (Heard{"1 base", "2 fast"}));
  holder_.run("COMMIT");
}

}  // namespace
}  // namespace eventcore::postgres
