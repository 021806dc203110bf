// How a store learns of events of other processes, and tells them of its own.

#include <gmock/gmock.h>

#include <future>
#include <memory>

#include "eventcore/testing/matchers.hpp"
#include "head_listener.hpp"
#include "pgbouncer.hpp"
#include "postgres_log_fixture.hpp"

namespace eventcore::postgres {
namespace {

using namespace std::chrono_literals;
using testing::IsOk;

Deadline soon() { return {.at = std::chrono::steady_clock::now() + 20s}; }

// One store's share of the database.
struct Store {
  explicit Store(const PostgresStoreOptions& options) : state(options), listener(state) {
    listener.start();
  }
  Position wait_beyond(Position seen) { return listener.wait_beyond(seen, soon(), {}); }

  StoreState state;
  HeadListener listener;
};

class PostgresHead : public PostgresLog {
 protected:
  [[nodiscard]] PostgresStoreOptions with(bool notify) const {
    PostgresStoreOptions result = options();
    result.notify = notify;
    return result;
  }
  [[nodiscard]] std::string channel() const {
    return "eventcore_" + std::to_string(lock_key(schema.name()));
  }
  // Whether some connection has sent LISTEN for this schema.
  [[nodiscard]] std::string sessions_that(const std::string& last_statement) {
    return "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%" +
           last_statement + "%'";
  }
  void await(const std::string& query, const std::string& value) {
    const Instant until = std::chrono::steady_clock::now() + 20s;
    while (database.value(query) != value) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << query;
    }
  }
};

TEST_F(PostgresHead, PollingFindsEventsOfOthers) {
  Store store(with(false));
  auto waiting = std::async(std::launch::async, [&] { return store.wait_beyond({0}); });
  append({{"a"}});
  EXPECT_EQ(waiting.get(), Position{1});
  append({{"a"}, {"a"}});
  EXPECT_EQ(store.wait_beyond({1}), Position{3});
  EXPECT_EQ(store.wait_beyond({0}), Position{3}) << "known without asking";
}

TEST_F(PostgresHead, NobodyWaitsNobodyAsks) {
  Store store(with(false));
  append({{"a"}});
  await(sessions_that(schema.name()), "0");  // not even a connection
  EXPECT_EQ(store.state.head(), Position{0});
}

TEST_F(PostgresHead, NotificationsTellTheOtherStores) {
  Store first(with(true));
  Store second(with(true));
  for (Store* store : {&first, &second}) {
    append({{"a"}});
    EXPECT_THAT(store->wait_beyond(store->state.head()).value, ::testing::Ge(1U));
  }
  // Nobody waits in the second store, so nothing but a notification tells it.
  first.listener.publish({77});
  const Instant until = std::chrono::steady_clock::now() + 20s;
  while (second.state.head() != Position{77} && std::chrono::steady_clock::now() < until) {
  }
  EXPECT_EQ(second.state.head(), Position{77});
}

TEST_F(PostgresHead, ManyHeadsAreFewNotifications) {
  testing::PostgresConnection listening(testing::PostgresSchema::conninfo());
  listening.run("LISTEN \"" + channel() + "\"");
  Store store(with(true));
  const Instant began = std::chrono::steady_clock::now();
  for (std::uint64_t head = 1; head <= 5'000; ++head) store.listener.publish({head});
  int count = 0;
  std::string last;
  while (last != "5000" && std::chrono::steady_clock::now() < began + 20s) {
    listening.run("SELECT 1");
    while (PGnotify* heard = PQnotifies(listening.raw())) {
      last = heard->extra;
      ++count;
      PQfreemem(heard);
    }
  }
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_EQ(last, "5000") << "the last is sent";
  EXPECT_LE(count, took / 5ms + 2);
}

TEST_F(PostgresHead, LostConnectionsAreOpenedAgain) {
  Store store(with(true));
  append({{"a"}});
  EXPECT_EQ(store.wait_beyond({0}), Position{1});
  const std::string sessions =
      " FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
      "query LIKE '%" +
      schema.name() + "%'";
  await("SELECT count(*)" + sessions, "1");
  run("SELECT pg_terminate_backend(pid)" + sessions);
  append({{"a"}});
  EXPECT_EQ(store.wait_beyond({1}), Position{2});
}

TEST_F(PostgresHead, BehindAPoolerPollingIsEnough) {
  testing::PgBouncer pooler(testing::shared_postgres());
  PostgresStoreOptions pooled = with(true);
  pooled.conninfo = pooler.conninfo();
  Store store(pooled);
  for (std::uint64_t head = 0; head < 5; ++head) {
    auto waiting = std::async(std::launch::async, [&] { return store.wait_beyond({head}); });
    append({{"a"}});
    EXPECT_EQ(waiting.get(), Position{head + 1});
  }
  EXPECT_EQ(run(sessions_that("LISTEN \"" + channel())), "0") << "it would be another client's";
  // What it sends is heard by those who are connected to the server itself.
  testing::PostgresConnection listening(testing::PostgresSchema::conninfo());
  listening.run("LISTEN \"" + channel() + "\"");
  store.listener.publish({5});
  const Instant until = std::chrono::steady_clock::now() + 20s;
  PGnotify* heard = nullptr;
  while (heard == nullptr && std::chrono::steady_clock::now() < until) {
    listening.run("SELECT 1");
    heard = PQnotifies(listening.raw());
  }
  ASSERT_NE(heard, nullptr);
  EXPECT_STREQ(heard->extra, "5");
  PQfreemem(heard);
}

TEST_F(PostgresHead, WaitEndsAtDeadlineStopAndClose) {
  Store store(with(true));
  EXPECT_EQ(store.listener.wait_beyond({0}, {.at = std::chrono::steady_clock::now() + 10ms}, {}),
            Position{0});
  std::stop_source stop;
  auto stopped = std::async(std::launch::async, [&] {
    return store.listener.wait_beyond({0}, soon(), stop.get_token());
  });
  stop.request_stop();
  EXPECT_EQ(stopped.get(), Position{0});
  auto closed = std::async(std::launch::async, [&] { return store.wait_beyond({0}); });
  store.state.signal.close();
  EXPECT_EQ(closed.get(), Position{0});
  EXPECT_THAT(store.listener.close({}), IsOk());
  EXPECT_THAT(store.listener.close({}), IsOk());
}

}  // namespace
}  // namespace eventcore::postgres
