#pragma once

/// \file
/// Plain SQL for tests: to look at what a store has done, and to get in its way.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using PGconn = struct pg_conn;

namespace eventcore::testing {

/// A connection that knows nothing of stores. What fails throws `std::runtime_error`, whose text
/// begins with the SQLSTATE of a refused statement.
///
/// Thread-safety: One thread at a time.
class PostgresConnection {
 public:
  using Rows = std::vector<std::vector<std::string>>;

  explicit PostgresConnection(const std::string& conninfo);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection();

  /// Runs one or more statements; the rows are those of the last. NULL is an empty text.
  Rows run(const std::string& sql);
  /// The only value of the only row.
  std::string value(const std::string& sql);
  [[nodiscard]] PGconn* raw() const noexcept { return connection_; }

 private:
  PGconn* connection_ = nullptr;
};

/// An empty database with a name of its own on a server, `shared_postgres()` unless it says
/// another.
///
/// Ownership: drops it, with the connections that still use it.
class PostgresDatabase {
 public:
  PostgresDatabase();
  /// `server` is a conninfo without dbname.
  explicit PostgresDatabase(std::string server);
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;
  ~PostgresDatabase();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::string conninfo() const { return server_ + " dbname=" + name_; }

 private:
  const std::string server_;
  const std::string name_;
};

}  // namespace eventcore::testing
