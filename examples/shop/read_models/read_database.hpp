#pragma once

/// \file
/// `ReadDatabase`: looks at a read model that a projection writes, over connections of its own.

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <eventcore/position.hpp>
#include <eventcore/result.hpp>

#include "read_models/sqlite_statement.hpp"

namespace shop {

struct CloseSqlite {
  void operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
};
using SqliteConnection = std::unique_ptr<sqlite3, CloseSqlite>;

class ReadDatabase;

/// A read model at one position: whatever is asked of it belongs together, for the projection
/// commits data and position at once. Thread-safety: One thread at a time. Ownership: must end
/// before its database, and the statements before it.
class ReadSnapshot {
 public:
  ReadSnapshot(ReadSnapshot&&) = default;
  ReadSnapshot& operator=(ReadSnapshot&&) = delete;
  ~ReadSnapshot();

  /// Every event up to here is in it.
  [[nodiscard]] eventcore::Position position() const noexcept { return position_; }
  [[nodiscard]] eventcore::Result<SqliteStatement> prepare(std::string_view sql) const {
    return SqliteStatement::prepare(connection_.get(), sql);
  }

 private:
  friend class ReadDatabase;
  ReadSnapshot(ReadDatabase& database, SqliteConnection connection)
      : database_(&database), connection_(std::move(connection)) {}

  ReadDatabase* database_;
  SqliteConnection connection_;
  eventcore::Position position_;
};

/// Thread-safety: Thread-safe. Blocking: for the disk.
class ReadDatabase {
 public:
  /// `key` is that of the projection (`Projector::key`).
  ReadDatabase(std::filesystem::path path, std::string key);

  /// Errors: Unavailable, HandlerFailed.
  [[nodiscard]] eventcore::Result<ReadSnapshot> snapshot();

 private:
  friend class ReadSnapshot;

  [[nodiscard]] eventcore::Result<SqliteConnection> connect();
  void give_back(SqliteConnection connection);

  const std::filesystem::path path_;
  const std::string key_;
  std::mutex mutex_;
  std::vector<SqliteConnection> idle_;  // guarded by mutex_; as many as ever read at once
};

}  // namespace shop
