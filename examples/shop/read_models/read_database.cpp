#include "read_models/read_database.hpp"

#include <utility>

namespace shop {

namespace {

constexpr int kBusyMs = 1'000;

}  // namespace

ReadSnapshot::~ReadSnapshot() {
  if (connection_ == nullptr) return;
  const bool ended =
      sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
  if (ended) database_->give_back(std::move(connection_));
}

ReadDatabase::ReadDatabase(std::filesystem::path path, std::string key)
    : path_(std::move(path)), key_(std::move(key)) {}

eventcore::Result<ReadSnapshot> ReadDatabase::snapshot() {
  auto connection = connect();
  if (!connection) return connection.error();
  ReadSnapshot snapshot(*this, *std::move(connection));
  sqlite3* const opened = snapshot.connection_.get();
  // The first read of the transaction is what fixes what it sees.
  if (sqlite3_exec(opened, "BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_error(opened);
  }
  auto read = snapshot.prepare("SELECT position FROM eventcore_projections WHERE name = ?1");
  if (!read) return read.error();
  const auto found = read->bind(1, key_).step();
  if (!found) return found.error();
  if (*found) snapshot.position_ = {static_cast<std::uint64_t>(read->number(0))};
  return snapshot;
}

eventcore::Result<SqliteConnection> ReadDatabase::connect() {
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

void ReadDatabase::give_back(SqliteConnection connection) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace shop
