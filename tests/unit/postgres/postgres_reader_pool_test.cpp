// The pool of readers: how it grows, pipelines, refuses, reconnects and closes.

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "eventcore/testing/matchers.hpp"
#include "eventcore/testing/recording_probe.hpp"
#include "gate.hpp"
#include "postgres_log_fixture.hpp"
#include "reader_pool.hpp"

namespace eventcore::postgres {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::HasError;
using testing::IsOk;
using testing::RecordingProbe;

/// Reads a query; waits in `result`.
class Read final : public ReadOperation {
 public:
  explicit Read(ReadQuery asked) { query = std::move(asked); }
  Result<EventPage> result() {
    done_.wait();
    return std::move(page_);
  }

 private:
  void completed(Result<EventPage> page) noexcept override {
    page_ = std::move(page);
    done_.open();
  }
  Result<EventPage> page_ = EventPage{};
  testing::Gate done_;
};

ReadQuery stream(std::string_view name) { return StreamsQuery{.streams = {{id(name)}}}; }

class PostgresReaderPool : public PostgresLog {
 protected:
  PostgresReaderPool() { append({{"a", "1"}, {"b", "2"}}); }

  // A pool of at most `readers`, observed by `probe`.
  ReaderPool& open(std::size_t readers, std::size_t queue = 100) {
    PostgresStoreOptions chosen = options();
    chosen.readers_max = readers;
    chosen.queue_operations_max = queue;
    chosen.probe = probe;
    pool_state = std::make_unique<StoreState>(chosen);
    pool = std::make_unique<ReaderPool>(*pool_state);
    if (auto started = pool->start(); !started) throw std::runtime_error(describe(started.error()));
    return *pool;
  }

  // No statement on events is answered until `free_table`.
  void hold_table() { run("BEGIN; LOCK TABLE @events IN ACCESS EXCLUSIVE MODE"); }
  void free_table() { run("COMMIT"); }

  bool wait_for_figures(const std::function<bool(const PoolFigures&)>& fit) const {
    const Instant until = std::chrono::steady_clock::now() + 20s;
    while (!fit(pool->figures())) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::vector<std::unique_ptr<Read>> submit(std::size_t count, const ReadQuery& query) {
    std::vector<std::unique_ptr<Read>> reads;
    for (std::size_t i = 0; i < count; ++i) {
      reads.push_back(std::make_unique<Read>(query));
      pool->submit(*reads.back());
    }
    return reads;
  }

  std::shared_ptr<RecordingProbe> probe = std::make_shared<RecordingProbe>();
  std::unique_ptr<StoreState> pool_state;
  std::unique_ptr<ReaderPool> pool;
};

TEST_F(PostgresReaderPool, OpensConnectionsWhenAllAreBusy) {
  open(3);
  EXPECT_EQ(pool->figures().size, 1U);
  EXPECT_EQ(probe->connections_opened(), 1U);
  EXPECT_THAT(submit(1, stream("a")).front()->result(), IsOk());
  EXPECT_EQ(pool->figures().size, 1U) << "one is enough";
  hold_table();
  auto reads = submit(8, ReadQuery(LogQuery{}));
  EXPECT_TRUE(wait_for_figures(
      [](const PoolFigures& figures) { return figures.in_use == 3 && figures.pending == 5; }));
  const PoolFigures figures = pool->figures();
  EXPECT_EQ(figures.name, "readers");
  EXPECT_EQ(figures.size, 3U);
  EXPECT_EQ(figures.size_max, 3U);
  free_table();
  for (auto& read : reads) EXPECT_THAT(read->result(), IsOk());
  EXPECT_TRUE(wait_for_figures([](const PoolFigures& seen) { return seen.in_use == 0; }));
  EXPECT_EQ(pool->figures().pending, 0U);
  EXPECT_EQ(probe->connections_opened(), 3U);
  EXPECT_EQ(probe->pool_uses().size(), 9U);
  EXPECT_EQ(probe->pool_uses().front().pool, "readers");
}

TEST_F(PostgresReaderPool, QueuedStreamReadsAreAnsweredEachByItsOwn) {
  open(1);
  hold_table();
  auto first = submit(1, ReadQuery(LogQuery{}));
  ASSERT_TRUE(wait_for_figures([](const PoolFigures& figures) { return figures.in_use == 1; }));
  std::vector<std::unique_ptr<Read>> reads;
  for (int i = 0; i < 20; ++i) {
    ReadQuery query = stream(i % 2 == 0 ? "a" : "b");
    std::get<StreamsQuery>(query).with_batch = i % 5 == 3;
    if (i == 7) std::get<StreamsQuery>(query).at = Position{99};
    reads.push_back(std::make_unique<Read>(std::move(query)));
  }
  std::stop_source stopped;
  stopped.request_stop();
  reads[4]->stop = stopped.get_token();
  reads[6]->deadline = Deadline{.at = pool_state->options.clock->now() - 1s};
  for (auto& read : reads) pool->submit(*read);
  free_table();
  EXPECT_THAT(first.front()->result(), IsOk());
  for (std::size_t i = 0; i < reads.size(); ++i) {
    const auto page = reads[i]->result();
    if (i == 4) {
      EXPECT_THAT(page, HasError(ErrorCode::Cancelled));
    } else if (i == 6) {
      EXPECT_THAT(page, HasError(ErrorCode::DeadlineExceeded));
    } else if (i == 7) {
      EXPECT_THAT(page, HasError(ErrorCode::InvalidArgument)) << "past the head";
    } else {
      ASSERT_THAT(page, IsOk()) << i;
      EXPECT_THAT(payloads(*page), ElementsAre(i % 2 == 0 ? "1" : "2")) << i;
      EXPECT_EQ(page->events[0].type, "Noted") << "that the store met for the first time";
      EXPECT_EQ(page->events[0].batch != nullptr, i % 5 == 3) << i;
    }
  }
}

TEST_F(PostgresReaderPool, LongPiecesOfTheLogAreReadOverTwoConnections) {
  run("INSERT INTO @events (position, stream, version, time, type, schema_version, ordinal, "
      "attempts, batch_events, command_id, payload) SELECT i, 1, i - 1, 2, 1, 1, 0, 1, 1, "
      "gen_random_uuid(), convert_to(i::text, 'UTF8') FROM generate_series(3, 25000) i");
  open(2);
  for (int round = 0; round < 3; ++round) {
    LogQuery query{};
    std::uint64_t last = 0;
    for (bool more = true; more;) {
      auto page = submit(1, query).front()->result();
      ASSERT_THAT(page, IsOk());
      for (const StoredEvent& event : page->events) {
        ASSERT_EQ(event.position.value, ++last);
        ASSERT_EQ(event.payload, std::to_string(last));
      }
      query.after = page->scanned_to;
      more = page->more;
      // What the second one did not outlive, the first does alone.
      if (round == 1) {
        run("SELECT pg_terminate_backend(max(pid)) FROM pg_stat_activity WHERE query LIKE '%" +
            schema.name() + "%' AND pid <> pg_backend_pid()");
      }
    }
    EXPECT_EQ(last, 25'000U);
    EXPECT_EQ(pool->figures().size_max, 2U);
  }
  EXPECT_EQ(pool->figures().size, 2U);
}

TEST_F(PostgresReaderPool, FullQueueIsOverloaded) {
  open(1, 2);
  hold_table();
  auto first = submit(1, stream("a"));
  ASSERT_TRUE(wait_for_figures([](const PoolFigures& figures) { return figures.in_use == 1; }));
  auto queued = submit(2, stream("a"));
  EXPECT_THAT(submit(1, stream("a")).front()->result(), HasError(ErrorCode::Overloaded));
  free_table();
  EXPECT_THAT(first.front()->result(), IsOk());
  for (auto& read : queued) EXPECT_THAT(read->result(), IsOk());
}

TEST_F(PostgresReaderPool, ReadsAgainWhenItsConnectionWasLost) {
  open(1);
  EXPECT_THAT(submit(1, stream("a")).front()->result(), IsOk());
  const std::string end_readers =
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%" +
      schema.name() + "%' AND pid <> pg_backend_pid()";
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(run(end_readers), "1");
    auto page = submit(1, stream("b")).front()->result();
    ASSERT_THAT(page, IsOk());
    EXPECT_THAT(payloads(*page), ElementsAre("2"));
  }
  // While several are on their way.
  hold_table();
  auto first = submit(1, stream("a"));
  ASSERT_TRUE(wait_for_figures([](const PoolFigures& figures) { return figures.in_use == 1; }));
  auto reads = submit(10, stream("a"));
  free_table();
  run(end_readers);
  EXPECT_THAT(first.front()->result(), IsOk());
  for (auto& read : reads) EXPECT_THAT(read->result(), IsOk());
}

TEST_F(PostgresReaderPool, ServerThatIsGoneIsUnavailableUntilItIsBack) {
  testing::PostgresServer server;
  PostgresStoreOptions chosen{.conninfo = server.conninfo(), .schema = "own"};
  auto connection = Connection::open(chosen);
  ASSERT_THAT(connection, IsOk());
  ASSERT_THAT(prepare_schema(*connection, chosen), IsOk());
  connection->close();
  pool_state = std::make_unique<StoreState>(chosen);
  pool = std::make_unique<ReaderPool>(*pool_state);
  ASSERT_THAT(pool->start(), IsOk());
  EXPECT_THAT(submit(1, stream("a")).front()->result(), IsOk());
  server.stop(testing::StopMode::Immediate);
  EXPECT_THAT(submit(1, stream("a")).front()->result(), HasError(ErrorCode::Unavailable));
  EXPECT_EQ(pool->figures().size, 0U);
  EXPECT_THAT(submit(1, stream("a")).front()->result(), HasError(ErrorCode::Unavailable));
  server.start();
  EXPECT_THAT(submit(1, stream("a")).front()->result(), IsOk());
  EXPECT_EQ(pool->figures().size, 1U);
}

TEST_F(PostgresReaderPool, CloseCompletesWhatIsQueuedAndRefusesTheRest) {
  open(2);
  hold_table();
  auto reads = submit(6, stream("a"));
  EXPECT_THAT(pool->close(Deadline{.at = pool_state->options.clock->now() + 20ms}),
              HasError(ErrorCode::DeadlineExceeded));
  EXPECT_THAT(submit(1, stream("a")).front()->result(), HasError(ErrorCode::ShuttingDown));
  free_table();
  EXPECT_THAT(pool->close({}), IsOk());
  for (auto& read : reads) EXPECT_THAT(read->result(), IsOk());
  EXPECT_THAT(pool->close({}), IsOk());
}

}  // namespace
}  // namespace eventcore::postgres
