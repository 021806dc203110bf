#pragma once

/// \file
/// `PostgresConnections`: a few connections to one database, for whoever reads.

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "read_models/postgres_statement.hpp"

namespace shop {

/// Thread-safety: Thread-safe.
class PostgresConnections {
 public:
  /// At once; whoever comes later waits for one.
  static constexpr std::size_t kMax = 8;

  /// `conninfo` as libpq takes it. May hold a password: never print it.
  explicit PostgresConnections(std::string conninfo) : conninfo_(std::move(conninfo)) {}

  /// A connection on which `script`, which begins a transaction, has run; the result is that of its
  /// last statement. Connections that broke while nobody used them are made anew.
  /// Errors: Unavailable, HandlerFailed.
  struct Begun {
    PostgresConnection connection;
    PostgresResult result;
  };
  [[nodiscard]] eventcore::Result<Begun> begin(const std::string& script);
  /// Ends its transaction.
  void give_back(PostgresConnection connection);

  /// A new connection, which belongs to none of these. Errors: Unavailable.
  [[nodiscard]] eventcore::Result<PostgresConnection> connect() const;

 private:
  /// One of the idle ones, or null if there is none. Errors: Unavailable (all are in use).
  [[nodiscard]] eventcore::Result<PostgresConnection> take();
  void lose();

  const std::string conninfo_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<PostgresConnection> idle_;  // guarded by mutex_
  std::size_t used_ = 0;                  // guarded by mutex_
};

}  // namespace shop
