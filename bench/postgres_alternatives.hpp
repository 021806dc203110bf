#pragma once

/// \file
/// What one would write on PostgreSQL without EventCore: a connection for each caller, prepared
/// statements, binary parameters, and `UNIQUE (stream, version)`. Each command commits durably.

#include <cstddef>
#include <cstdint>
#include <string>

namespace eventcore::bench {

/// Commands that append one event to each of two streams, whose versions they check. A conflict is
/// retried and counts once. Returns commands a second.
struct PostgresLoad {
  std::string conninfo;
  int callers = 16;
  std::size_t streams = 10'000;
  std::string payload;
  double seconds = 1.0;
};

/// Makes the table of the first two alternatives, with `events` events spread over the streams.
void fill_usual_table(const PostgresLoad& load, std::uint64_t events);
/// That of the third, in a database of its own.
void fill_locked_table(const PostgresLoad& load, std::uint64_t events);

/// Six round trips: begin, the version of each stream, an insert each, commit.
[[nodiscard]] double classic_round_trips(const PostgresLoad& load);
/// One round trip: a function in the database reads the versions and inserts.
[[nodiscard]] double one_round_trip(const PostgresLoad& load);
/// Ten round trips for two streams, 3N + 4 in general, without cached states: the events of each
/// stream, begin, a lock each, the version of each, the versions expected, one insert, commit. A
/// trigger checks the versions again. Rows hold JSON and an id that the application makes.
[[nodiscard]] double locked_round_trips(const PostgresLoad& load);
/// Events a second of a binary cursor over the usual table in order, 1,000 events a fetch.
[[nodiscard]] double cursor_replay(const std::string& conninfo);

}  // namespace eventcore::bench
