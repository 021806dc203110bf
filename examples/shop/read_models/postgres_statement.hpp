#pragma once

/// \file
/// `PostgresStatement`: a statement on a PostgreSQL connection, and what becomes of the shop's SQL.
///
/// Integers have 64 bits. Texts are BYTEA: those of events may hold a NUL, which TEXT refuses, and
/// bytes compare as in SQLite. Nothing is prepared: a pooler may give the next transaction another
/// session.

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <eventcore/error.hpp>

#include "read_models/statement.hpp"

namespace shop {

struct ClosePostgres {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using PostgresConnection = std::unique_ptr<PGconn, ClosePostgres>;
struct ClearPostgres {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearPostgres>;

/// `sql` as PostgreSQL takes it; its tables are in `schema`.
[[nodiscard]] std::string postgres_sql(std::string_view sql, std::string_view schema);
/// `name` in double quotes.
[[nodiscard]] std::string quoted_name(std::string_view name);
/// Why `result` is none: Unavailable if the same call may succeed later, else HandlerFailed.
[[nodiscard]] eventcore::Error postgres_error(PGconn* connection, const PGresult* result);

class PostgresStatement final : public Statement::Prepared {
 public:
  /// The connection may be another one each time, or null after it was lost.
  using Connection = std::function<PGconn*()>;

  /// `sql` is PostgreSQL's.
  PostgresStatement(Connection connection, std::string sql)
      : connection_(std::move(connection)), sql_(std::move(sql)) {}

  void bind(int parameter, std::int64_t number) override;
  void bind(int parameter, std::string_view text) override;
  [[nodiscard]] eventcore::Result<bool> step() override;
  void reset() noexcept override { result_.reset(); }
  [[nodiscard]] std::int64_t number(int column) const override;
  [[nodiscard]] std::string text(int column) const override;

 private:
  struct Parameter {
    Oid type = 0;
    std::string value;
  };

  [[nodiscard]] Parameter& parameter(int number);
  [[nodiscard]] PGresult* run(PGconn* connection) const;
  [[nodiscard]] std::string_view value(int column) const;

  const Connection connection_;
  const std::string sql_;
  std::vector<Parameter> parameters_;
  PostgresResult result_;
  int row_ = 0;
};

}  // namespace shop
