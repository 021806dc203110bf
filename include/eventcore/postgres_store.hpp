#pragma once

/// \file
/// The PostgreSQL store: many processes and hosts on one database.
///
/// One writer connection a process commits whatever is queued by one call of a function in the
/// database, which gives positions in commit order; reads run on a pool of connections. Nothing
/// rests on a session, so pgbouncer in transaction mode may stand in between. Decisions and the
/// protocol: docs/internals/postgres.md.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "eventcore/durability.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/probe.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// How to open a PostgreSQL store.
struct PostgresStoreOptions {
  /// libpq's form, `postgres://…` or `key=value …`; several hosts are tried in order, and only one
  /// that takes writes is used. A missing password comes from PGPASSFILE.
  std::string conninfo;
  std::string schema = "eventcore";  ///< Where the tables are.
  bool create = true;                ///< Create or migrate the schema if that is needed.
  bool read_only = false;            ///< Appends are refused; the schema must exist.
  /// `Normal` and `Off` do not wait for the disk (`synchronous_commit=off`): a crash of the server
  /// loses the last moments.
  Durability durability = Durability::Full;
  /// A role that runs the service, if another one owns the schema: `create` lets it read tables and
  /// call functions, and nothing else.
  std::string runtime_role = {};
  std::size_t readers_max = 4;                ///< Connections that read; opened as they are needed.
  std::size_t queue_operations_max = 65'536;  ///< Above: `Overloaded`.
  std::size_t queue_bytes_max = std::size_t{256} * 1024 * 1024;  ///< Above: `Overloaded`.
  std::size_t group_events_max = 4'096;      ///< Events of one transaction, but at least one batch.
  std::size_t heads_cached_max = 1'000'000;  ///< Stream heads kept in memory.
  std::chrono::milliseconds connect_timeout{5'000};  ///< For one host.
  std::chrono::milliseconds lock_timeout{5'000};     ///< For the right to append.
  /// For an answer to a read, and to an append before it is in doubt.
  std::chrono::milliseconds statement_timeout{30'000};
  bool notify = true;  ///< LISTEN and NOTIFY beside polling; costs a connection.
  const Clock* clock = &system_clock();
  std::shared_ptr<Probe> probe = nullptr;
};

/// Connects and, with `create`, makes or migrates the schema under a lock.
/// Errors: InvalidArgument (bad options or connection text), Unavailable (not reachable, refused,
/// schema missing, or newer than this library: names both versions), Corrupt.
[[nodiscard]] Result<std::unique_ptr<EventStore>> open_postgres_store(PostgresStoreOptions options);

}  // namespace eventcore
