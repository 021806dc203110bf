#include <algorithm>
#include <array>
#include <utility>

#include "connection.hpp"
#include "eventcore/postgres_read_model.hpp"
#include "eventcore/projection_storage.hpp"
#include "postgres_sql.hpp"
#include "schema.hpp"

namespace eventcore {
namespace {

using postgres::Connection;
using postgres::Failure;
using postgres::Parameters;
using postgres::Rows;

// For statements of ours; those of the projector take as long as they take.
constexpr std::chrono::seconds kPatience{30};

// Classes of SQLSTATE after which the same call may succeed: connection, transaction rollback,
// resources, lock and operator intervention, system.
bool may_succeed_later(const Failure& failure) {
  constexpr std::array<std::string_view, 6> kClasses = {"08", "40", "53", "55", "57", "58"};
  if (!failure.answered) return true;
  return std::any_of(kClasses.begin(), kClasses.end(),
                     [&](std::string_view prefix) { return failure.state.starts_with(prefix); });
}

Error error_of(const Failure& failure) {
  return make_error(may_succeed_later(failure) ? ErrorCode::Unavailable : ErrorCode::HandlerFailed,
                    failure.error.message);
}

}  // namespace

class PostgresReadModel::Database {
 public:
  explicit Database(PostgresReadModelOptions options)
      : options_(std::move(options)),
        lead_(postgres::for_schema(postgres::sql::lead_read_model, options_.schema)),
        move_(postgres::for_schema(postgres::sql::move_read_model, options_.schema)),
        begin_("BEGIN; SET LOCAL lock_timeout = " + std::to_string(options_.lock_timeout.count()) +
               "; SET LOCAL idle_in_transaction_session_timeout = " +
               std::to_string(options_.idle_timeout.count())) {}

  Result<void> open() {
    if (auto checked = check_projection_name(options_.name); !checked) return checked;
    if (auto connected = connect(); !connected) return connected;
    // Under a lock: two that create the same table at once fail.
    std::string script = "BEGIN; SELECT pg_advisory_xact_lock(@lock@);";
    script += postgres::sql::create_read_model;
    script = postgres::for_schema(script, options_.schema) + options_.ddl + "; COMMIT";
    auto created = connection.run_script(script, until());
    if (!created) roll_back();
    return created;
  }

  Result<ReadModelCheckpoint> begin(const ReadModelWriter& writer) {
    if (!connection.is_open()) {
      if (auto connected = connect(); !connected) return connected.error();
    }
    if (auto begun = execute(begin_); !begun) return begun.error();
    auto found = take_over(writer);
    if (!found) roll_back();
    return found;
  }

  Result<void> commit(Position position) {
    Parameters parameters;
    parameters.add(std::string_view(options_.name)).add(position.value).add(writer_.token);
    parameters.add(writer_.log_id);
    Failure failure;
    auto moved = connection.run(move_.c_str(), parameters, until(), &failure);
    if (!moved) return undone(error_of(failure));
    if (moved->size() != 1) return undone(lease_lost());
    auto committed = execute("COMMIT");
    if (!committed) return undone(committed.error());
    return {};
  }

  void roll_back() noexcept {
    if (!connection.is_open()) return;
    if (PQtransactionStatus(connection.handle()) == PQTRANS_IDLE) return;
    if (!connection.run_script("ROLLBACK", until())) connection.close();
  }

  Result<void> execute(const std::string& sql) {
    Failure failure;
    if (auto done = connection.run_script(sql, until(), &failure); !done) return error_of(failure);
    return {};
  }

  Connection connection;

 private:
  static Instant until() { return std::chrono::steady_clock::now() + kPatience; }

  Result<void> connect() {
    PostgresStoreOptions options;
    options.conninfo = options_.conninfo;
    options.connect_timeout = options_.connect_timeout;
    auto opened = Connection::open(options);
    if (!opened) return opened.error();
    connection = std::move(*opened);
    // The projector may use blocking calls of libpq.
    PQsetnonblocking(connection.handle(), 0);
    return {};
  }

  Result<ReadModelCheckpoint> take_over(const ReadModelWriter& writer) {
    writer_ = writer;
    Parameters parameters;
    parameters.add(std::string_view(options_.name)).add(writer.token).add(writer.log_id);
    Failure failure;
    auto rows = connection.run(lead_.c_str(), parameters, until(), &failure);
    if (!rows) return error_of(failure);
    if (!rows->flag(0, 0)) return lease_lost();
    return ReadModelCheckpoint{
        .position = {rows->count(0, 1)}, .token = rows->count(0, 2), .log_id = rows->uuid(0, 3)};
  }

  [[nodiscard]] Error lease_lost() const {
    return make_error(ErrorCode::LeaseLost, "a newer leader of projection '" + options_.name +
                                                "' has written to its read model");
  }
  Error undone(Error failure) {
    roll_back();
    return failure;
  }

  const PostgresReadModelOptions options_;
  const std::string lead_;
  const std::string move_;
  const std::string begin_;
  ReadModelWriter writer_;
};

PostgresReadModel::PostgresReadModel(std::unique_ptr<Database> database)
    : database_(std::move(database)) {}
PostgresReadModel::~PostgresReadModel() = default;

Result<std::unique_ptr<PostgresReadModel>> PostgresReadModel::open(
    PostgresReadModelOptions options) {
  auto database = std::make_unique<Database>(std::move(options));
  if (auto opened = database->open(); !opened) return opened.error();
  return std::unique_ptr<PostgresReadModel>(new PostgresReadModel(std::move(database)));
}

pg_conn* PostgresReadModel::handle() const noexcept { return database_->connection.handle(); }
Result<void> PostgresReadModel::execute(const std::string& sql) { return database_->execute(sql); }
Result<ReadModelCheckpoint> PostgresReadModel::begin(const ReadModelWriter& writer) {
  return database_->begin(writer);
}
Result<void> PostgresReadModel::commit(Position position) { return database_->commit(position); }
void PostgresReadModel::roll_back() noexcept { database_->roll_back(); }

}  // namespace eventcore
