#pragma once

/// \file
/// `PostgresReadModel`: a read model in PostgreSQL, in the log's database or another one.
///
///     auto model = PostgresReadModel::open({.conninfo = "postgres://…", .name = "sold_by_product",
///                                           .ddl = "CREATE TABLE IF NOT EXISTS sold (…)"});
///
/// The projector hands it out as its `read_model()` and writes through `handle()`. A row of the
/// table `eventcore_projections` holds position, token and log id. The usual mistake is to begin or
/// commit a transaction oneself, or to set something in the session: a pooler may give the next
/// transaction another one.

#include <chrono>
#include <memory>
#include <string>

#include "eventcore/read_model.hpp"
#include "eventcore/result.hpp"

struct pg_conn;

namespace eventcore {

/// How to open a read model.
struct PostgresReadModelOptions {
  std::string conninfo;           ///< As in `PostgresStoreOptions`.
  std::string schema = "public";  ///< Where `eventcore_projections` is; it must exist.
  std::string name;               ///< `Projector::key` of the projection.
  std::string ddl;                ///< Statements that create what is missing; run at every opening.
  std::chrono::milliseconds connect_timeout{5'000};
  /// For a lock that another leader still holds.
  std::chrono::milliseconds lock_timeout{5'000};
  /// The server ends a transaction in which nothing has happened for so long: that of a leader that
  /// was stopped, whose successor waits for it.
  std::chrono::milliseconds idle_timeout{15'000};
};

/// Thread-safety: One thread at a time. Ownership: must outlive the projector that uses it.
class PostgresReadModel final : public ReadModel {
 public:
  /// Connects and creates what is missing. Errors: InvalidArgument, Unavailable.
  [[nodiscard]] static Result<std::unique_ptr<PostgresReadModel>> open(
      PostgresReadModelOptions options);
  ~PostgresReadModel() override;

  /// The connection, for the projector's own statements within `apply` and `reset`; null after it
  /// was lost, until the next `begin`.
  [[nodiscard]] pg_conn* handle() const noexcept;
  /// Runs statements without parameters and results. Errors: Unavailable if the same call may
  /// succeed later, as after a lost connection, else HandlerFailed.
  [[nodiscard]] Result<void> execute(const std::string& sql);

  [[nodiscard]] Result<ReadModelCheckpoint> begin(const ReadModelWriter& writer) override;
  [[nodiscard]] Result<void> commit(Position position) override;
  void roll_back() noexcept override;

 private:
  class Database;
  explicit PostgresReadModel(std::unique_ptr<Database> database);

  const std::unique_ptr<Database> database_;
};

}  // namespace eventcore
