#pragma once

/// \file
/// `SqliteReadDatabase`: reads the file that a projection writes.

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "read_models/read_database.hpp"
#include "read_models/sqlite_statement.hpp"

namespace shop {

struct CloseSqlite {
  void operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
};
using SqliteConnection = std::unique_ptr<sqlite3, CloseSqlite>;

class SqliteReadDatabase final : public ReadDatabase {
 public:
  /// `key` is that of the projection (`Projector::key`).
  SqliteReadDatabase(std::filesystem::path path, std::string key);

  [[nodiscard]] eventcore::Result<ReadSnapshot> snapshot() override;

 private:
  class Transaction;

  [[nodiscard]] eventcore::Result<SqliteConnection> connect();
  void give_back(SqliteConnection connection);

  const std::filesystem::path path_;
  const std::string key_;
  std::mutex mutex_;
  std::vector<SqliteConnection> idle_;  // guarded by mutex_; as many as ever read at once
};

}  // namespace shop
