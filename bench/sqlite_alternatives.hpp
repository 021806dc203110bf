#pragma once

/// \file
/// What one would write on SQLite without EventCore: each commits durably (`synchronous=FULL`,
/// write-ahead log) and keeps `UNIQUE(stream, version)` unless it says otherwise.

#include <cstddef>
#include <filesystem>
#include <string>

namespace eventcore::bench {

/// Commands that append one event to each of `width` streams. Returns commands a second.
struct SqliteLoad {
  std::filesystem::path path;
  int callers = 16;
  std::size_t streams = 10'000;
  std::size_t width = 2;
  std::string payload;
  double seconds = 1.0;
};

/// One connection behind a mutex, versions known in memory, a commit for each command.
[[nodiscard]] double commit_per_command(const SqliteLoad& load);
/// A connection for each thread, `BEGIN IMMEDIATE`, versions read by query, a commit each.
[[nodiscard]] double connection_per_thread(const SqliteLoad& load);
/// One thread that commits `group` commands at a time without any index over streams: the bound.
[[nodiscard]] double bare_group_commit(const SqliteLoad& load, int group);
/// One thread that reads streams of `length` events by query, folds them and appends, `group`
/// commands a commit: what commands cost without cached states. The store is filled first, outside
/// the measurement.
[[nodiscard]] double read_and_fold(const SqliteLoad& load, std::size_t length, int group);
/// Events a second of `SELECT … ORDER BY position` over a store of EventCore.
[[nodiscard]] double bare_select(const std::filesystem::path& store);

}  // namespace eventcore::bench
