#pragma once

/// \file
/// `SqliteStatement`: SQL with parameters, for projections that write and queries that read.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <eventcore/result.hpp>

namespace shop {

/// Thread-safety: that of its connection. Ownership: must end before its connection.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  /// Errors: HandlerFailed (the SQL does not fit the tables).
  [[nodiscard]] static eventcore::Result<SqliteStatement> prepare(sqlite3* connection,
                                                                  std::string_view sql);

  // Parameters count from 1. Texts must live until the statement has run.
  SqliteStatement& bind(int parameter, std::int64_t number);
  SqliteStatement& bind(int parameter, std::string_view text);

  /// The next row, if there is one. Errors: Unavailable (busy, disk), HandlerFailed.
  [[nodiscard]] eventcore::Result<bool> step();
  /// Runs a statement without rows. Errors: as above.
  [[nodiscard]] eventcore::Result<void> run();
  /// Ends a query early, so that it can be run again.
  void reset() noexcept { sqlite3_reset(statement_.get()); }

  // Columns of the row count from 0.
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  [[nodiscard]] eventcore::Error error() const;

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// The error of the last call on `connection`: Unavailable if the same call may succeed later.
[[nodiscard]] eventcore::Error sqlite_error(sqlite3* connection);

}  // namespace shop
