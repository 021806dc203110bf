#pragma once

/// \file
/// `SqliteReadModel`: a read model in a SQLite file of its own.
///
///     auto model = SqliteReadModel::open({.path = "sold.db", .name = "sold_by_product",
///                                         .schema = "CREATE TABLE IF NOT EXISTS sold (…)"});
///
/// The projector hands it out as its `read_model()` and writes through `handle()`. A row of the
/// table `eventcore_projections` holds position, token and log id. Several projections may share a
/// file, each through an object of its own. The usual mistake is to begin or commit a transaction
/// oneself. Others read the file over connections of their own. While a process is stopped in the
/// middle of a transaction, SQLite lets nobody else write: its successor waits.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "eventcore/read_model.hpp"
#include "eventcore/result.hpp"
#include "eventcore/sqlite_store.hpp"

struct sqlite3;

namespace eventcore {

/// How to open a read model.
struct SqliteReadModelOptions {
  std::filesystem::path path;
  std::string name;    ///< `Projector::key` of the projection.
  std::string schema;  ///< Statements that create what is missing; run at every opening.
  /// The data can be made again from the log: a lost end is applied again.
  Durability durability = Durability::Normal;
  std::chrono::milliseconds busy_timeout{1'000};
};

/// Thread-safety: One thread at a time. Ownership: must outlive the projector that uses it.
class SqliteReadModel final : public ReadModel {
 public:
  /// Creates what is missing. Errors: InvalidArgument, Unavailable, Corrupt.
  [[nodiscard]] static Result<std::unique_ptr<SqliteReadModel>> open(
      const SqliteReadModelOptions& options);
  ~SqliteReadModel() override;

  /// The connection, for the projector's own statements within `apply` and `reset`.
  [[nodiscard]] sqlite3* handle() const noexcept;
  /// Runs statements without parameters and results. Errors: Unavailable, Corrupt.
  [[nodiscard]] Result<void> execute(const std::string& sql);
  /// The error of the last call on `handle()`: Unavailable if the same call may succeed later, as
  /// after SQLITE_BUSY or SQLITE_FULL, else HandlerFailed.
  [[nodiscard]] Error error(std::string_view what) const;

  [[nodiscard]] Result<ReadModelCheckpoint> begin(const ReadModelWriter& writer) override;
  [[nodiscard]] Result<void> commit(Position position) override;
  void roll_back() noexcept override;

 private:
  class Database;
  explicit SqliteReadModel(std::unique_ptr<Database> database);

  const std::unique_ptr<Database> database_;
};

}  // namespace eventcore
