#pragma once

/// \file
/// The connection pooler that stands between many applications and their PostgreSQL.

#include <memory>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "loopback_port.hpp"
#include "postgres_server.hpp"
#include "server_folder.hpp"

namespace eventcore::testing {

struct PgBouncerOptions {
  /// Lines of the section [pgbouncer], `name = value`.
  std::vector<std::string> settings = {"pool_mode = transaction", "default_pool_size = 5"};
  /// Who may log in, without a password.
  std::vector<std::string> users = {"postgres"};
};

/// A running pgbouncer on 127.0.0.1, in transaction mode unless told otherwise.
///
/// Thread-safety: One thread at a time.
/// Ownership: stops it. It may start before its server and outlive it.
class PgBouncer {
 public:
  explicit PgBouncer(const PostgresServer& server, const PgBouncerOptions& options = {});
  /// `server` is a conninfo without a database.
  explicit PgBouncer(const std::string& server, const PgBouncerOptions& options = {});
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;
  ~PgBouncer();

  /// How libpq reaches the server through it, without a database.
  [[nodiscard]] std::string server() const;
  [[nodiscard]] std::string conninfo(const std::string& database = "postgres") const {
    return server() + " dbname=" + database;
  }
  /// Ends all connections at once, and starts again on the same port.
  void restart();

 private:
  void start();
  [[nodiscard]] std::filesystem::path log() const { return folder_.path() / "log"; }

  const LoopbackPort port_;
  ServerFolder folder_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace eventcore::testing
