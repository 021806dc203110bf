#pragma once

/// \file
/// `SqliteStatement`: a statement on a SQLite connection.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "read_models/statement.hpp"

namespace shop {

/// `sql` as SQLite takes it.
[[nodiscard]] std::string sqlite_sql(std::string_view sql);

class SqliteStatement final : public Statement::Prepared {
 public:
  /// Errors: HandlerFailed (the SQL does not fit the tables).
  [[nodiscard]] static eventcore::Result<Statement> prepare(sqlite3* connection,
                                                            std::string_view sql);

  void bind(int parameter, std::int64_t number) override;
  void bind(int parameter, std::string_view text) override;
  [[nodiscard]] eventcore::Result<bool> step() override;
  void reset() noexcept override { sqlite3_reset(statement_.get()); }
  [[nodiscard]] std::int64_t number(int column) const override;
  [[nodiscard]] std::string text(int column) const override;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// The error of the last call on `connection`: Unavailable if the same call may succeed later.
[[nodiscard]] eventcore::Error sqlite_error(sqlite3* connection);

}  // namespace shop
