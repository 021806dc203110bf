#include "postgres_alternatives.hpp"

#include <libpq-fe.h>

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include "eventcore/uuid.hpp"
#include "workload.hpp"

namespace eventcore::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr const char* kUsualSchema = R"sql(
CREATE TABLE events (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text NOT NULL, version bigint NOT NULL, type text NOT NULL,
  time timestamptz NOT NULL DEFAULT now(), payload bytea NOT NULL,
  UNIQUE (stream, version));
CREATE FUNCTION append_two(first text, second text, payload bytea) RETURNS void AS $$
BEGIN
  INSERT INTO events (stream, version, type, payload)
    SELECT s, (SELECT coalesce(max(e.version), 0) + 1 FROM events e WHERE e.stream = s),
           'recorded', append_two.payload
    FROM (VALUES (first), (second)) AS streams (s);
END $$ LANGUAGE plpgsql;
)sql";

constexpr const char* kLockedSchema = R"sql(
CREATE TABLE events (
  event_id uuid PRIMARY KEY,
  stream text NOT NULL, version bigint NOT NULL, type text NOT NULL,
  data jsonb NOT NULL, metadata jsonb NOT NULL, time timestamptz NOT NULL DEFAULT now(),
  UNIQUE (stream, version));
CREATE INDEX ON events (stream);
CREATE FUNCTION check_version() RETURNS trigger AS $$
DECLARE
  expected jsonb := current_setting('bench.expected')::jsonb;
  found bigint;
BEGIN
  SELECT e.version INTO found FROM events e WHERE e.stream = NEW.stream
    ORDER BY e.version DESC LIMIT 1 FOR UPDATE;
  found := coalesce(found, 0);
  IF found <> (expected ->> NEW.stream)::bigint THEN
    RAISE EXCEPTION 'version conflict' USING ERRCODE = '23505';
  END IF;
  NEW.version := found + 1;
  PERFORM set_config('bench.expected',
    jsonb_set(expected, ARRAY[NEW.stream], to_jsonb(found + 1))::text, true);
  RETURN NEW;
END $$ LANGUAGE plpgsql;
)sql";

// Event i of $1 is on stream i % $2, as if each stream grew evenly.
constexpr const char* kFillUsual =
    "INSERT INTO events (stream, version, type, payload)"
    " SELECT 'account-' || i % $2::bigint, i / $2 + 1, 'recorded', $3::bytea"
    " FROM generate_series(0, $1::bigint - 1) AS i";
// The database makes the ids here; those that are made later follow them, as time goes on.
constexpr const char* kFillLocked =
    "INSERT INTO events (event_id, stream, version, type, data, metadata)"
    " SELECT (lpad(to_hex(i), 12, '0') || '70008000000000000000')::uuid,"
    " 'account-' || i % $2::bigint, i / $2 + 1, 'recorded',"
    " convert_from($3::bytea, 'UTF8')::jsonb, '{}'"
    " FROM generate_series(0, $1::bigint - 1) AS i";
// After the table is filled, which it would slow down.
constexpr const char* kCheckVersions =
    "CREATE TRIGGER check_version BEFORE INSERT ON events FOR EACH ROW"
    " EXECUTE FUNCTION check_version()";

std::string big_endian(std::uint64_t value) {
  std::string text(sizeof value, '\0');
  for (std::size_t i = text.size(); i > 0; --i, value >>= 8) text[i - 1] = static_cast<char>(value);
  return text;
}

std::int64_t number(const PGresult* answer, int row, int column) {
  if (PQgetisnull(answer, row, column) != 0) return 0;
  std::uint64_t value = 0;
  for (const char* at = PQgetvalue(answer, row, column);
       const char byte : std::string_view(at, 8)) {
    value = (value << 8) | static_cast<unsigned char>(byte);
  }
  return std::bit_cast<std::int64_t>(value);
}

/// A connection; ends the program on any error but a conflict.
class Connection {
 public:
  explicit Connection(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str())) {
    if (PQstatus(connection_) != CONNECTION_OK) give_up(PQerrorMessage(connection_));
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { PQfinish(connection_); }

  void run(const char* sql) { check(PQexec(connection_, sql)); }
  void prepare(const char* name, const char* sql) {
    check(PQprepare(connection_, name, sql, 0, nullptr));
  }
  /// Runs a prepared statement. Nothing: somebody else was first.
  std::optional<Answer> execute(const char* name,
                                std::initializer_list<std::string_view> parameters = {}) {
    constexpr std::size_t kMax = 8;
    std::array<const char*, kMax> values{};
    std::array<int, kMax> lengths{};
    std::array<int, kMax> formats{};
    std::size_t count = 0;
    for (const std::string_view parameter : parameters) {
      values.at(count) = parameter.data();
      lengths.at(count) = static_cast<int>(parameter.size());
      formats.at(count++) = 1;
    }
    Answer answer(PQexecPrepared(connection_, name, static_cast<int>(count), values.data(),
                                 lengths.data(), formats.data(), 1),
                  PQclear);
    const char* state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
    if (state != nullptr && std::string_view(state) == "23505") return std::nullopt;
    return check(answer.release());
  }
  Answer fetch(const char* sql) { return check(PQexec(connection_, sql)); }

 private:
  Answer check(PGresult* result) {
    Answer answer(result, PQclear);
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      give_up(PQerrorMessage(connection_));
    return answer;
  }

  PGconn* connection_;
};

struct Streams {
  std::string first;
  std::string second;
};

/// Two streams in the order of their ids, so that nobody waits for each other.
Streams two_streams(std::mt19937_64& random, std::size_t streams) {
  const std::size_t half = streams / 2;
  Streams chosen{"account-" + std::to_string(random() % half),
                 "account-" + std::to_string(half + random() % half)};
  if (chosen.second < chosen.first) std::swap(chosen.first, chosen.second);
  return chosen;
}

/// Repeats `attempt(connection, streams)`, which says whether it committed, on one connection a
/// caller until the time is over; commands a second.
template <class Prepare, class Attempt>
double run_callers(const PostgresLoad& load, Prepare prepare, Attempt attempt) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < load.callers; ++i) {
    connections.push_back(std::make_unique<Connection>(load.conninfo));
    prepare(*connections.back());
  }
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> done = 0;
  std::vector<std::thread> threads;
  threads.reserve(connections.size());
  const auto start = Clock::now();
  for (const auto& connection : connections) {
    threads.emplace_back([&, seed = threads.size() + 1, own = connection.get()] {
      std::mt19937_64 random(seed);
      std::uint64_t mine = 0;
      for (; !stop.load(std::memory_order_relaxed); ++mine) {
        const Streams streams = two_streams(random, load.streams);
        while (!attempt(*own, streams)) {
        }
      }
      done += mine;
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(load.seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(done.load()) /
         std::chrono::duration<double>(Clock::now() - start).count();
}

std::string uuid_bytes(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

bool attempt_locked(Connection& connection, const Streams& streams, const std::string& json) {
  const std::array<std::string_view, 2> ids{streams.first, streams.second};
  std::array<std::int64_t, 2> versions{};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Answer events = *connection.execute("read", {ids[i]});
    const int rows = PQntuples(events.get());
    versions[i] = rows == 0 ? 0 : number(events.get(), rows - 1, 0);
  }
  connection.run("BEGIN");
  for (const std::string_view id : ids) connection.execute("lock", {id});
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Answer found = *connection.execute("version", {ids[i]});
    if (number(found.get(), 0, 0) != versions[i]) {
      connection.run("ROLLBACK");
      return false;
    }
  }
  connection.execute("expect",
                     {"{\"" + streams.first + "\":" + std::to_string(versions[0]) + ",\"" +
                      streams.second + "\":" + std::to_string(versions[1]) + "}"});
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  if (!connection.execute("insert", {uuid_bytes(mint_uuid(now)), ids[0], uuid_bytes(mint_uuid(now)),
                                     ids[1], json})) {
    connection.run("ROLLBACK");
    return false;
  }
  connection.run("COMMIT");
  return true;
}

void fill(Connection& connection, const char* sql, const PostgresLoad& load, std::uint64_t events) {
  connection.prepare("fill", sql);
  connection.execute("fill", {big_endian(events), big_endian(load.streams), load.payload});
}

}  // namespace

void fill_usual_table(const PostgresLoad& load, std::uint64_t events) {
  Connection connection(load.conninfo);
  connection.run(kUsualSchema);
  fill(connection, kFillUsual, load, events);
}

void fill_locked_table(const PostgresLoad& load, std::uint64_t events) {
  Connection connection(load.conninfo);
  connection.run(kLockedSchema);
  fill(connection, kFillLocked, load, events);
  connection.run(kCheckVersions);
}

double classic_round_trips(const PostgresLoad& load) {
  const auto prepare = [](Connection& connection) {
    connection.prepare("begin", "BEGIN");
    connection.prepare("version", "SELECT max(version) FROM events WHERE stream = $1");
    connection.prepare("insert",
                       "INSERT INTO events (stream, version, type, payload)"
                       " VALUES ($1, $2, 'recorded', $3)");
    connection.prepare("commit", "COMMIT");
  };
  return run_callers(load, prepare, [&load](Connection& connection, const Streams& streams) {
    connection.execute("begin");
    std::array<std::string, 2> versions;
    std::size_t at = 0;
    for (const std::string& stream : {streams.first, streams.second}) {
      const Answer found = *connection.execute("version", {stream});
      versions[at++] = big_endian(static_cast<std::uint64_t>(number(found.get(), 0, 0)) + 1);
    }
    if (!connection.execute("insert", {streams.first, versions[0], load.payload}) ||
        !connection.execute("insert", {streams.second, versions[1], load.payload})) {
      connection.run("ROLLBACK");
      return false;
    }
    connection.execute("commit");
    return true;
  });
}

double one_round_trip(const PostgresLoad& load) {
  const auto prepare = [](Connection& connection) {
    connection.prepare("append", "SELECT append_two($1, $2, $3)");
  };
  return run_callers(load, prepare, [&load](Connection& connection, const Streams& streams) {
    return connection.execute("append", {streams.first, streams.second, load.payload}).has_value();
  });
}

double locked_round_trips(const PostgresLoad& load) {
  const auto prepare = [](Connection& connection) {
    connection.prepare("read",
                       "SELECT version, type, data, metadata FROM events"
                       " WHERE stream = $1 ORDER BY version");
    connection.prepare("lock", "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
    connection.prepare("version", "SELECT max(version) FROM events WHERE stream = $1");
    connection.prepare("expect", "SELECT set_config('bench.expected', $1, true)");
    connection.prepare("insert",
                       "INSERT INTO events (event_id, stream, version, type,"
                       " data, metadata) VALUES ($1, $2, 0, 'recorded', $5, '{}'),"
                       " ($3, $4, 0, 'recorded', $5, '{}')");
  };
  const std::string json = '\1' + load.payload;  // the version of jsonb's binary form
  return run_callers(load, prepare, [&json](Connection& connection, const Streams& streams) {
    return attempt_locked(connection, streams, json);
  });
}

double cursor_replay(const std::string& conninfo) {
  Connection connection(conninfo);
  const auto start = Clock::now();
  std::uint64_t events = 0;
  std::int64_t total = 0;
  connection.run("BEGIN");
  connection.run(
      "DECLARE replay BINARY CURSOR FOR SELECT position, version, time, stream, type, payload"
      " FROM events ORDER BY position");
  for (bool more = true; more;) {
    const Answer page = connection.fetch("FETCH 1000 FROM replay");
    const int rows = PQntuples(page.get());
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < 3; ++column) total += number(page.get(), row, column) & 1;
      for (int column = 3; column < 6; ++column) {
        total += PQgetvalue(page.get(), row, column)[0] & PQgetlength(page.get(), row, column) & 1;
      }
    }
    events += static_cast<std::uint64_t>(rows);
    more = rows > 0;
  }
  connection.run("COMMIT");
  if (total == 0) give_up("the table holds no events");
  return static_cast<double>(events) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace eventcore::bench
