#include "connection.hpp"

#include <unistd.h>

namespace eventcore::sqlite {
namespace {

// SQLite takes a null pointer for NULL, which an empty view may hold.
const char* not_null(std::string_view view) noexcept {
  return view.data() == nullptr ? "" : view.data();
}

// Journals are there while somebody has the file open, and after a crash; beside the file itself,
// not beside a link to it.
bool is_at_rest(const std::filesystem::path& name) {
  std::error_code failure;
  const std::filesystem::path path = std::filesystem::canonical(name, failure);
  if (failure) return false;
  for (const char* suffix : {"-wal", "-journal"}) {
    if (std::filesystem::exists(path.string() + suffix, failure) || failure) return false;
  }
  return access(path.c_str(), R_OK) == 0 && access(folder_of(path).c_str(), W_OK) != 0;
}

// A URI for `path`, of which only letters, digits and the likes of `/` stand for themselves.
std::string immutable_uri(const std::filesystem::path& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = path.is_absolute() ? "file://" : "file:./";
  for (const char c : path.string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || c == '/' || c == '.' || c == '_' || c == '-';
    if (plain) {
      uri += c;
    } else {
      uri.append({'%', kHex[byte >> 4U], kHex[byte & 0xFU]});
    }
  }
  return uri += "?immutable=1";
}

// SQLite takes some names for URIs, and some for databases in memory.
std::string plain_name(const std::filesystem::path& path) {
  std::string name = path.string();
  return name.starts_with("file:") || name.starts_with(':') ? "./" + name : name;
}

ErrorCode code_of(int result) noexcept {
  switch (result & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return ErrorCode::Corrupt;
    default:
      return ErrorCode::Unavailable;
  }
}

}  // namespace

void Statement::bind_text(int index, std::string_view text) noexcept {
  sqlite3_bind_text64(statement_.get(), index, not_null(text), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

void Statement::bind_bytes(int index, std::string_view bytes) noexcept {
  sqlite3_bind_blob64(statement_.get(), index, not_null(bytes), bytes.size(), SQLITE_STATIC);
}

void Statement::bind_optional_text(int index, std::string_view text) noexcept {
  if (text.empty()) {
    sqlite3_bind_null(statement_.get(), index);
  } else {
    bind_text(index, text);
  }
}

void Statement::bind_optional_bytes(int index, std::string_view bytes) noexcept {
  if (bytes.empty()) {
    sqlite3_bind_null(statement_.get(), index);
  } else {
    bind_bytes(index, bytes);
  }
}

int Statement::run() noexcept {
  const int stepped = step();
  const int result = sqlite3_reset(statement_.get());
  return stepped == SQLITE_DONE || stepped == SQLITE_ROW ? result : stepped;
}

std::string_view Statement::bytes(int column) noexcept {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Result<Connection> Connection::open(const Options& options) {
  sqlite3* opened = nullptr;
  const bool as_it_is = (options.flags & SQLITE_OPEN_READONLY) != 0 && is_at_rest(options.path);
  const std::string name = as_it_is ? immutable_uri(options.path) : plain_name(options.path);
  const int flags = options.flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (as_it_is ? SQLITE_OPEN_URI : 0);
  const int result = sqlite3_open_v2(name.c_str(), &opened, flags, options.vfs);
  Connection connection;
  connection.database_.reset(opened);
  if (opened == nullptr) return make_error(ErrorCode::Unavailable, "no memory to open the store");
  if (result != SQLITE_OK) return connection.error("can't open the store");
  connection.immutable_ = as_it_is;
  connection.set_busy_timeout(options.busy_timeout);
  return connection;
}

void Connection::set_busy_timeout(std::chrono::milliseconds timeout) const noexcept {
  sqlite3_busy_timeout(database_.get(), static_cast<int>(timeout.count()));
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : ".";
}

Result<Statement> Connection::prepare(const char* sql) const {
  sqlite3_stmt* prepared = nullptr;
  const int result =
      sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  Statement statement;
  statement.statement_.reset(prepared);
  if (result != SQLITE_OK) return error("can't read the store's schema");
  return statement;
}

int Connection::execute(const char* sql) const noexcept {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
}

Result<void> Connection::run(const char* sql, std::string_view what) const {
  if (execute(sql) != SQLITE_OK) return error(what);
  return {};
}

Result<std::uint64_t> Connection::number(const char* sql, std::string_view what) const {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const int result = statement->step();
  if (result == SQLITE_ROW) return statement->number(0);
  if (result == SQLITE_DONE) return std::uint64_t{0};
  return error(what);
}

bool Connection::roll_back() const noexcept {
  return !in_transaction() || execute("ROLLBACK") == SQLITE_OK || !in_transaction();
}

Error Connection::error(std::string_view what) const {
  const char* location = sqlite3_db_filename(database_.get(), "main");
  std::string message(what);
  if (location != nullptr && *location != '\0') message.append(" ").append(location);
  message.append(": ").append(sqlite3_errmsg(database_.get()));
  message.append(" (SQLite code ");
  message.append(std::to_string(sqlite3_extended_errcode(database_.get()))).append(")");
  return make_error(code_of(sqlite3_errcode(database_.get())), std::move(message));
}

}  // namespace eventcore::sqlite
