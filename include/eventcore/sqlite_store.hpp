#pragma once

/// \file
/// The SQLite store: durable, embedded, one file (and its journal beside it).
///
/// One writer thread commits whatever is queued in one transaction; reads run on their own
/// threads. Several processes may use one file and take turns. Nothing else may open the file
/// with plain system calls: closing a descriptor would drop SQLite's locks.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>

#include "eventcore/durability.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// How to open a SQLite store.
struct SqliteStoreOptions {
  std::filesystem::path path;
  bool create = true;      ///< Create the file and its folder if they are missing.
  bool read_only = false;  ///< Appends are refused; the file must exist.
  Durability durability = Durability::Full;  ///< `PRAGMA synchronous`.
  std::size_t reader_threads = 2;
  std::size_t queue_operations_max = 65'536;                     ///< Above: `Overloaded`.
  std::size_t queue_bytes_max = std::size_t{256} * 1024 * 1024;  ///< Above: `Overloaded`.
  std::size_t group_events_max = 4'096;  ///< Events of one transaction, but at least one batch.
  std::size_t heads_cached_max = 1'000'000;  ///< Stream heads kept in memory.
  std::chrono::milliseconds busy_timeout{5'000};
  const Clock* clock = &system_clock();
  std::shared_ptr<Probe> probe = nullptr;
  const char* vfs = nullptr;  ///< Name of a registered SQLite VFS; null: the default one.
};

/// Opens the file, creates or migrates its schema, and recovers what a crash left behind.
/// Errors: InvalidArgument (bad path or options), Unavailable (unreadable, locked, full, read-only
/// medium), Corrupt (not a database, or a damaged one), Unavailable with a message that names both
/// versions for a schema newer than this library.
[[nodiscard]] Result<std::unique_ptr<EventStore>> open_sqlite_store(SqliteStoreOptions options);

}  // namespace eventcore
