#include "read_models/sqlite_statement.hpp"

namespace shop {

using eventcore::ErrorCode;
using eventcore::make_error;

eventcore::Error sqlite_error(sqlite3* connection) {
  ErrorCode code = ErrorCode::HandlerFailed;
  switch (sqlite3_errcode(connection) & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
      code = ErrorCode::Unavailable;
      break;
    default:
      break;
  }
  return make_error(code, std::string("read model: ") + sqlite3_errmsg(connection));
}

eventcore::Result<SqliteStatement> SqliteStatement::prepare(sqlite3* connection,
                                                            std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int result = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (result != SQLITE_OK) return sqlite_error(connection);
  SqliteStatement statement;
  statement.statement_.reset(prepared);
  return statement;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, number);
  return *this;
}

SqliteStatement& SqliteStatement::bind(int parameter, std::string_view text) {
  // Without a pointer SQLite would take NULL for an empty text.
  sqlite3_bind_text(statement_.get(), parameter, text.empty() ? "" : text.data(),
                    static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

eventcore::Result<bool> SqliteStatement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  eventcore::Result<bool> ended = false;
  if (result != SQLITE_DONE) ended = error();
  reset();
  return ended;
}

eventcore::Result<void> SqliteStatement::run() {
  const auto stepped = step();
  if (!stepped) return stepped.error();
  reset();
  return {};
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

eventcore::Error SqliteStatement::error() const {
  return sqlite_error(sqlite3_db_handle(statement_.get()));
}

}  // namespace shop
