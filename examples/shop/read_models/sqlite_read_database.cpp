#include "read_models/sqlite_read_database.hpp"

#include <utility>

namespace shop {

namespace {

constexpr int kBusyMs = 1'000;

}  // namespace

class SqliteReadDatabase::Transaction final : public ReadSnapshot::Transaction {
 public:
  Transaction(SqliteReadDatabase& database, SqliteConnection connection)
      : database_(database), connection_(std::move(connection)) {}
  ~Transaction() override {
    const bool ended =
        sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
    if (ended) database_.give_back(std::move(connection_));
  }
  eventcore::Result<Statement> prepare(std::string_view sql) override {
    return SqliteStatement::prepare(connection_.get(), sql);
  }

 private:
  SqliteReadDatabase& database_;
  SqliteConnection connection_;
};

SqliteReadDatabase::SqliteReadDatabase(std::filesystem::path path, std::string key)
    : path_(std::move(path)), key_(std::move(key)) {}

eventcore::Result<ReadSnapshot> SqliteReadDatabase::snapshot() {
  auto connection = connect();
  if (!connection) return connection.error();
  // The first read of the transaction is what fixes what it sees.
  if (sqlite3_exec(connection->get(), "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(connection->get());
  }
  auto transaction = std::make_unique<Transaction>(*this, *std::move(connection));
  auto read = transaction->prepare("SELECT position FROM eventcore_projections WHERE name = ?1");
  if (!read) return read.error();
  const auto found = read->bind(1, key_).step();
  if (!found) return found.error();
  eventcore::Position position;
  if (*found) position = {static_cast<std::uint64_t>(read->number(0))};
  read->reset();
  return ReadSnapshot(std::move(transaction), position);
}

eventcore::Result<SqliteConnection> SqliteReadDatabase::connect() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      SqliteConnection connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(path_.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteConnection connection(opened);
  if (result != SQLITE_OK) {
    return eventcore::make_error(eventcore::ErrorCode::Unavailable,
                                 path_.string() + ": " + sqlite3_errstr(result));
  }
  sqlite3_busy_timeout(opened, kBusyMs);
  return connection;
}

void SqliteReadDatabase::give_back(SqliteConnection connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace shop
