#pragma once

/// \file
/// Two PostgreSQL servers of which one takes over.

#include <memory>
#include <string>

#include "postgres_server.hpp"

namespace eventcore::testing {

/// A primary whose commits wait for its standby. What the primary has acknowledged, the standby
/// has.
///
/// Thread-safety: One thread at a time; the conninfo from any.
class StandbyPair {
 public:
  /// Returns when commits wait for the standby.
  explicit StandbyPair(const PostgresServerOptions& options = {});

  /// Names both servers without a database: libpq takes the one that accepts writes.
  [[nodiscard]] std::string server() const;
  [[nodiscard]] std::string conninfo(const std::string& database = "postgres") const {
    return server() + " dbname=" + database;
  }
  /// Drops the primary as a crash does, and makes the standby the primary.
  void fail_over();
  /// After `fail_over`: brings the old primary back as the standby that commits wait for. Each is
  /// then what it is called. Requires: the pair is durable.
  void rejoin();

  /// Until `rejoin`, a failed over primary is still called this.
  [[nodiscard]] PostgresServer& primary() noexcept { return *primary_; }
  [[nodiscard]] PostgresServer& standby() noexcept { return *standby_; }

 private:
  // Returns when commits wait for the standby.
  void await_standby();

  std::unique_ptr<PostgresServer> primary_;
  std::unique_ptr<PostgresServer> standby_;
};

}  // namespace eventcore::testing
