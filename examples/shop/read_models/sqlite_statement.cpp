#include "read_models/sqlite_statement.hpp"

#include <algorithm>

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

std::string sqlite_sql(std::string_view sql) {
  std::string text(sql);
  text.erase(std::remove(text.begin(), text.end(), '@'), text.end());
  return text;
}

eventcore::Result<Statement> SqliteStatement::prepare(sqlite3* connection, std::string_view sql) {
  const std::string text = sqlite_sql(sql);
  sqlite3_stmt* prepared = nullptr;
  const int result = sqlite3_prepare_v3(connection, text.data(), static_cast<int>(text.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (result != SQLITE_OK) return sqlite_error(connection);
  return Statement(std::unique_ptr<SqliteStatement>(new SqliteStatement(prepared)));
}

void SqliteStatement::bind(int parameter, std::int64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, number);
}

void SqliteStatement::bind(int parameter, std::string_view text) {
  // Without a pointer SQLite would take NULL for an empty text.
  sqlite3_bind_text(statement_.get(), parameter, text.empty() ? "" : text.data(),
                    static_cast<int>(text.size()), SQLITE_STATIC);
}

eventcore::Result<bool> SqliteStatement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  eventcore::Result<bool> ended = false;
  if (result != SQLITE_DONE) ended = sqlite_error(sqlite3_db_handle(statement_.get()));
  reset();
  return ended;
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string SqliteStatement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

}  // namespace shop
