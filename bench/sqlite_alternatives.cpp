#include "sqlite_alternatives.hpp"

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "eventcore/codec.hpp"
#include "workload.hpp"

namespace eventcore::bench {

namespace {

using Clock = std::chrono::steady_clock;

/// A connection and its statements; ends the program on any error.
class Connection {
 public:
  explicit Connection(const std::filesystem::path& path) {
    check(sqlite3_open(path.c_str(), &database_), "open");
    run("PRAGMA busy_timeout=60000");
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }

  void run(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), sql); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr), sql);
    statements_.push_back(statement);
    return statement;
  }
  void step(sqlite3_stmt* statement) {
    const int result = sqlite3_step(statement);
    if (result != SQLITE_DONE && result != SQLITE_ROW) check(result, sqlite3_sql(statement));
  }

 private:
  void check(int result, const char* what) {
    if (result != SQLITE_OK) give_up(std::string(what) + ": " + sqlite3_errmsg(database_));
  }

  sqlite3* database_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
};

constexpr const char* kUniqueSchema =
    "CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL,"
    " version INTEGER NOT NULL, payload BLOB NOT NULL, UNIQUE (stream, version))";
constexpr const char* kBareSchema =
    "CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, stream INTEGER NOT NULL,"
    " version INTEGER NOT NULL, payload BLOB NOT NULL)";
constexpr const char* kInsert = "INSERT INTO events (stream, version, payload) VALUES (?1, ?2, ?3)";

void insert(Connection& connection, sqlite3_stmt* statement, std::size_t stream,
            std::int64_t version, const std::string& payload) {
  sqlite3_bind_int64(statement, 1, static_cast<std::int64_t>(stream));
  sqlite3_bind_int64(statement, 2, version);
  sqlite3_bind_blob(statement, 3, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
  connection.step(statement);
  sqlite3_reset(statement);
}

/// Calls `use` with the streams of one command, all different.
template <class Use>
void each_stream(std::mt19937_64& random, const SqliteLoad& load, Use&& use) {
  const std::size_t share = load.streams / load.width;
  for (std::size_t i = 0; i < load.width; ++i) use(i * share + random() % share);
}

/// Runs `work(thread, random)` on `callers` threads until the time is over; commands a second.
template <class Work>
double run_threads(const SqliteLoad& load, Work&& work) {
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> done = 0;
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (int t = 0; t < load.callers; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t) + 1);
      std::uint64_t mine = 0;
      for (; !stop.load(std::memory_order_relaxed); ++mine) work(t, random);
      done += mine;
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(load.seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(done.load()) /
         std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double commit_per_command(const SqliteLoad& load) {
  Connection connection(load.path);
  connection.run(kUniqueSchema);
  sqlite3_stmt* statement = connection.prepare(kInsert);
  std::vector<std::int64_t> versions(load.streams, 0);
  std::mutex mutex;
  return run_threads(load, [&](int, std::mt19937_64& random) {
    const std::lock_guard lock(mutex);
    connection.run("BEGIN IMMEDIATE");
    each_stream(random, load, [&](std::size_t stream) {
      insert(connection, statement, stream, ++versions[stream], load.payload);
    });
    connection.run("COMMIT");
  });
}

double connection_per_thread(const SqliteLoad& load) {
  Connection(load.path).run(kUniqueSchema);
  struct Own {
    explicit Own(const std::filesystem::path& path)
        : connection(path),
          insertion(connection.prepare(kInsert)),
          version(connection.prepare("SELECT max(version) FROM events WHERE stream = ?1")) {}
    Connection connection;
    sqlite3_stmt* insertion;
    sqlite3_stmt* version;
  };
  std::vector<std::unique_ptr<Own>> owned;
  for (int i = 0; i < load.callers; ++i) owned.push_back(std::make_unique<Own>(load.path));
  return run_threads(load, [&](int thread, std::mt19937_64& random) {
    Own& own = *owned[static_cast<std::size_t>(thread)];
    own.connection.run("BEGIN IMMEDIATE");
    each_stream(random, load, [&](std::size_t stream) {
      sqlite3_bind_int64(own.version, 1, static_cast<std::int64_t>(stream));
      own.connection.step(own.version);
      const std::int64_t version = sqlite3_column_int64(own.version, 0);
      sqlite3_reset(own.version);
      insert(own.connection, own.insertion, stream, version + 1, load.payload);
    });
    own.connection.run("COMMIT");
  });
}

double bare_group_commit(const SqliteLoad& load, int group) {
  Connection connection(load.path);
  connection.run(kBareSchema);
  sqlite3_stmt* statement = connection.prepare(kInsert);
  std::vector<std::int64_t> versions(load.streams, 0);
  SqliteLoad alone = load;
  alone.callers = 1;
  return group * run_threads(alone, [&](int, std::mt19937_64& random) {
           connection.run("BEGIN IMMEDIATE");
           for (int i = 0; i < group; ++i) {
             each_stream(random, load, [&](std::size_t stream) {
               insert(connection, statement, stream, ++versions[stream], load.payload);
             });
           }
           connection.run("COMMIT");
         });
}

double read_and_fold(const SqliteLoad& load, std::size_t length, int group) {
  Connection connection(load.path);
  connection.run(kUniqueSchema);
  sqlite3_stmt* insertion = connection.prepare(kInsert);
  sqlite3_stmt* reading =
      connection.prepare("SELECT version, payload FROM events WHERE stream = ?1 ORDER BY version");
  const std::string payload = encoded_event();
  connection.run("BEGIN IMMEDIATE");
  for (std::size_t version = 1; version <= length; ++version) {
    for (std::size_t stream = 0; stream < load.streams; ++stream) {
      insert(connection, insertion, stream, static_cast<std::int64_t>(version), payload);
    }
  }
  connection.run("COMMIT");
  SqliteLoad alone = load;
  alone.callers = 1;
  std::string padded;
  const auto execute = [&](std::size_t stream) {
    Tally tally;
    std::int64_t version = 0;
    sqlite3_bind_int64(reading, 1, static_cast<std::int64_t>(stream));
    while (sqlite3_step(reading) == SQLITE_ROW) {
      version = sqlite3_column_int64(reading, 0);
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(reading, 1));
      padded.assign(static_cast<const char*>(sqlite3_column_blob(reading, 1)), size);
      padded.resize(size + limits::kPayloadPadding);
      const auto event = decode_event<Recorded>(1, std::string_view(padded).substr(0, size));
      if (!event) give_up(describe(event.error()));
      Tally::apply(tally, Tally::Events(*event), {});
    }
    sqlite3_reset(reading);
    insert(connection, insertion, stream, version + 1, payload);
  };
  return group * run_threads(alone, [&](int, std::mt19937_64& random) {
           connection.run("BEGIN IMMEDIATE");
           for (int i = 0; i < group; ++i) each_stream(random, load, execute);
           connection.run("COMMIT");
         });
}

double bare_select(const std::filesystem::path& store) {
  Connection connection(store);
  sqlite3_stmt* statement = connection.prepare(
      "SELECT position, stream, version, type, time, payload FROM events ORDER BY position");
  const auto start = Clock::now();
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int column = 0; column < 5; ++column) {
      bytes += static_cast<std::uint64_t>(sqlite3_column_int64(statement, column) & 1);
    }
    const auto* payload = static_cast<const char*>(sqlite3_column_blob(statement, 5));
    bytes += static_cast<std::uint64_t>(sqlite3_column_bytes(statement, 5)) +
             static_cast<std::uint64_t>(payload[0] & 1);
    ++events;
  }
  if (bytes == 0) give_up("the store holds no events");
  return static_cast<double>(events) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace eventcore::bench
