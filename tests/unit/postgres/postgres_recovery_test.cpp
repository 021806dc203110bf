// Servers that crash, hang and change, with appends under way.

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "pgbouncer.hpp"
#include "postgres_fixture.hpp"
#include "standby_pair.hpp"

namespace eventcore::postgres {
namespace {

using testing::PostgresConnection;
using testing::PostgresServer;
using testing::StopMode;

PostgresStoreOptions options_for(const std::string& conninfo) {
  return {.conninfo = conninfo,
          .connect_timeout = std::chrono::seconds{2},
          .lock_timeout = std::chrono::seconds{30}};
}

std::unique_ptr<EventStore> open(PostgresStoreOptions options) {
  auto opened = open_postgres_store(std::move(options));
  if (!opened) throw std::runtime_error(describe(opened.error()));
  return std::move(*opened);
}

// Appends one keyed event after the other and remembers what became of them.
class Client {
 public:
  Client(EventStore& store, int number) : store_(store), number_(number) {
    thread_ = std::thread([this] { run(); });
  }
  ~Client() { stop(); }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] int acknowledged() const noexcept { return acknowledged_; }
  /// By key: where the event is.
  [[nodiscard]] const std::map<std::string, Position>& stored() const noexcept { return stored_; }
  [[nodiscard]] int failures() const noexcept { return failures_; }

 private:
  void run() {
    for (int i = 0; !stopping_; ++i) {
      const std::string key = std::to_string(number_) + "/" + std::to_string(i);
      // The same key until it is stored: what was in doubt is found, not written again.
      for (;;) {
        WriteBatch batch = batch_of({{"s-" + std::to_string(i % 7), ExpectedVersion::any()}}, key);
        const auto result = store_.append(batch);
        if (result) {
          stored_[key] = result->first;
          ++acknowledged_;
          break;
        }
        ++failures_;
        if (stopping_) return;
        std::this_thread::yield();
      }
    }
  }

  EventStore& store_;
  const int number_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> acknowledged_ = 0;
  std::atomic<int> failures_ = 0;
  std::map<std::string, Position> stored_;
  std::thread thread_;
};

// Several clients of one store.
class Load {
 public:
  explicit Load(EventStore& store) {
    for (int i = 0; i < 8; ++i) clients_.push_back(std::make_unique<Client>(store, i));
  }
  /// Returns when `count` more appends were acknowledged.
  void await(int count) {
    const int before = acknowledged();
    const Instant give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (acknowledged() < before + count) {
      if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("no progress");
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }
  void stop() {
    for (const auto& client : clients_) client->stop();
  }
  [[nodiscard]] int acknowledged() const {
    int sum = 0;
    for (const auto& client : clients_) sum += client->acknowledged();
    return sum;
  }
  void expect_stored_once(const std::string& conninfo) const {
    PostgresConnection sql(conninfo);
    std::map<std::string, std::string> found;
    for (const auto& row : sql.run("SELECT key, position FROM eventcore.events WHERE key <> ''")) {
      EXPECT_TRUE(found.emplace(row[0], row[1]).second) << row[0] << " is stored twice";
    }
    for (const auto& client : clients_) {
      for (const auto& [key, position] : client->stored()) {
        EXPECT_EQ(found[key], std::to_string(position.value)) << key;
      }
    }
    EXPECT_EQ(sql.value("SELECT count(*) FROM eventcore.events"),
              sql.value("SELECT max(position) FROM eventcore.events"));
  }

 private:
  std::vector<std::unique_ptr<Client>> clients_;
};

TEST(PostgresRecovery, CrashOfTheServerLosesAndDoublesNothing) {
  PostgresServer server({.failed = ::testing::Test::HasFailure});
  const auto store = open(options_for(server.conninfo()));
  Load load(*store);
  for (int round = 0; round < 4; ++round) {
    load.await(200);
    server.restart(StopMode::Immediate);
  }
  load.await(200);
  load.stop();
  load.expect_stored_once(server.conninfo());
  const auto report = store->administration().verify({});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->findings_total, 0U);
}

TEST(PostgresRecovery, StandbyTakesOverWithoutLoss) {
  testing::StandbyPair pair({.durable = true, .failed = ::testing::Test::HasFailure});
  const auto store = open(options_for(pair.conninfo()));
  Load load(*store);
  load.await(200);
  const Instant failed = std::chrono::steady_clock::now();
  pair.fail_over();
  load.await(1);
  const auto gap = std::chrono::steady_clock::now() - failed;
  std::cout << "first append after the failure of the primary: "
            << std::chrono::duration_cast<std::chrono::milliseconds>(gap).count() << " ms\n";
  load.await(200);
  load.stop();
  load.expect_stored_once(pair.standby().conninfo());
}

// Returns when a server that follows another has so many events.
void await_events(const std::string& conninfo, const std::string& events) {
  const Instant give_up = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  PostgresConnection sql(conninfo);
  while (sql.value("SELECT count(*) FROM eventcore.events") != events) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("it does not follow");
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

TEST(PostgresRecovery, OldPrimaryComesBackAsAStandbyAndTakesOverAgain) {
  testing::StandbyPair pair({.durable = true, .failed = ::testing::Test::HasFailure});
  const auto store = open(options_for(pair.conninfo()));
  Load load(*store);
  load.await(200);
  // The primary goes on alone for a while: what it writes then is acknowledged by nobody.
  pair.standby().stop(StopMode::Immediate);
  PostgresConnection(pair.primary().conninfo())
      .run("SET synchronous_commit = local; CREATE TABLE written_alone ()");
  pair.primary().stop(StopMode::Immediate);
  pair.standby().start();
  pair.fail_over();
  load.await(200);
  pair.rejoin();
  load.await(200);
  pair.fail_over();
  load.await(200);
  pair.rejoin();
  load.await(200);
  load.stop();
  load.expect_stored_once(pair.primary().conninfo());
  PostgresConnection primary(pair.primary().conninfo());
  PostgresConnection standby(pair.standby().conninfo());
  await_events(pair.standby().conninfo(), primary.value("SELECT count(*) FROM eventcore.events"));
  load.expect_stored_once(pair.standby().conninfo());
  EXPECT_EQ(standby.value("SELECT pg_is_in_recovery()"), "t");
  EXPECT_EQ(primary.value("SELECT to_regclass('written_alone')"), "") << "it was rewound";
  EXPECT_EQ(standby.value("SELECT to_regclass('written_alone')"), "");
  const auto report = store->administration().verify({});
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->findings_total, 0U);
}

TEST(PostgresRecovery, ServerThatHangsLeavesADoubtThatIsResolved) {
  PostgresServer server({.failed = ::testing::Test::HasFailure});
  PostgresStoreOptions options = options_for(server.conninfo());
  options.statement_timeout = std::chrono::milliseconds{300};
  options.connect_timeout = std::chrono::seconds{1};
  const auto store = open(options);
  WriteBatch before = batch_of({{"a", ExpectedVersion::no_stream()}});
  ASSERT_TRUE(store->append(before));
  server.pause();
  PendingAppend hanging(batch_of({{"a", ExpectedVersion::exactly({1})}}));
  hanging.deadline = Deadline::after(std::chrono::milliseconds{400});
  store->submit_append(hanging);
  ASSERT_FALSE(hanging.result());
  EXPECT_EQ(hanging.result().error().code, ErrorCode::CommitInDoubt);
  server.resume();
  WriteBatch after = batch_of({{"b", ExpectedVersion::no_stream()}});
  const auto result = store->append(after, Deadline::after(std::chrono::seconds{30}));
  ASSERT_TRUE(result) << describe(result.error());
  // The fence holds back what hung: whether it was stored does not change any more.
  PostgresConnection sql(server.conninfo());
  const std::string events = sql.value("SELECT count(*) FROM eventcore.events");
  WriteBatch last = batch_of({{"b", ExpectedVersion::exactly({1})}});
  ASSERT_TRUE(store->append(last));
  EXPECT_EQ(sql.value("SELECT count(*) FROM eventcore.events"),
            std::to_string(std::stoi(events) + 1));
}

TEST(PostgresRecovery, AppendThatWasGivenUpIsRefused) {
  PostgresServer server({.failed = ::testing::Test::HasFailure});
  const auto store = open(options_for(server.conninfo()));
  PostgresConnection sql(server.conninfo());
  std::string fenced =
      "SELECT eventcore.append((SELECT id FROM eventcore.writers), 0, 1000, false, 0, 0, 0, '{}',"
      " '{}', '{}', '{}', '{}', false";
  for (int i = 0; i < 22; ++i) fenced += ", '{}'";
  fenced += ")";
  try {
    sql.run(fenced);
    FAIL() << "a call with an old fence was taken";
  } catch (const std::runtime_error& refusal) {
    EXPECT_TRUE(std::string(refusal.what()).starts_with("EC001")) << refusal.what();
  }
  // A writer whose fence is gone, as on a standby that never heard of it, raises another one.
  sql.run("DELETE FROM eventcore.writers");
  WriteBatch batch = batch_of({{"a", ExpectedVersion::no_stream()}});
  const auto result = store->append(batch);
  EXPECT_TRUE(result) << describe(result.error());
}

TEST(PostgresRecovery, PoolerThatRestartsLosesAndDoublesNothing) {
  PostgresServer server({.failed = ::testing::Test::HasFailure});
  testing::PgBouncer pooler(server);
  const auto store = open(options_for(pooler.conninfo()));
  Load load(*store);
  for (int round = 0; round < 3; ++round) {
    load.await(200);
    pooler.restart();
  }
  load.await(200);
  load.stop();
  load.expect_stored_once(server.conninfo());
}

TEST(PostgresRecovery, LockThatOthersKeepEndsInAnError) {
  PostgresServer server({.failed = ::testing::Test::HasFailure});
  PostgresStoreOptions options = options_for(server.conninfo());
  options.lock_timeout = std::chrono::milliseconds{200};
  const auto store = open(options);
  PostgresConnection holder(server.conninfo());
  holder.run("BEGIN; SELECT eventcore.lock_log(1000)");
  WriteBatch batch = batch_of({{"a", ExpectedVersion::no_stream()}});
  const auto refused = store->append(batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  holder.run("COMMIT");
  WriteBatch again = batch_of({{"a", ExpectedVersion::no_stream()}});
  EXPECT_TRUE(store->append(again));
}

}  // namespace
}  // namespace eventcore::postgres
