#include "connection.hpp"
#include "eventcore/projection_storage.hpp"
#include "eventcore/sqlite_read_model.hpp"

namespace eventcore {
namespace {

using sqlite::Connection;
using sqlite::RowScope;
using sqlite::Statement;

constexpr char kCreate[] =
    "CREATE TABLE IF NOT EXISTS eventcore_projections (name TEXT PRIMARY KEY, position INTEGER NOT "
    "NULL, token INTEGER NOT NULL, log_id BLOB NOT NULL) STRICT, WITHOUT ROWID";
constexpr char kRead[] =
    "SELECT position, token, log_id FROM eventcore_projections WHERE name = ?1";
constexpr char kLead[] =
    "INSERT INTO eventcore_projections (name, position, token, log_id) VALUES (?1, 0, ?2, ?3) "
    "ON CONFLICT (name) DO UPDATE SET token = ?2";
constexpr char kMove[] =
    "UPDATE eventcore_projections SET position = ?2, log_id = ?4 WHERE name = ?1 AND token = ?3";

const char* synchronous(Durability durability) {
  switch (durability) {
    case Durability::Full:
      return "PRAGMA synchronous=FULL";
    case Durability::Normal:
      return "PRAGMA synchronous=NORMAL";
    case Durability::Off:
      break;
  }
  return "PRAGMA synchronous=OFF";
}

bool may_succeed_later(int code) noexcept {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_INTERRUPT:
      return true;
    default:
      return false;
  }
}

}  // namespace

class SqliteReadModel::Database {
 public:
  Result<void> open(const SqliteReadModelOptions& options) {
    if (auto checked = check_projection_name(options.name); !checked) return checked;
    name_ = options.name;
    auto opened = Connection::open({.path = options.path,
                                    .flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                    .vfs = nullptr,
                                    .busy_timeout = options.busy_timeout});
    if (!opened) return opened.error();
    connection = std::move(*opened);
    for (const char* sql : {"PRAGMA journal_mode=WAL", synchronous(options.durability),
                            "BEGIN IMMEDIATE", kCreate, options.schema.c_str(), "COMMIT"}) {
      if (auto done = connection.run(sql, "can't set up the read model"); !done) {
        static_cast<void>(connection.roll_back());
        return done;
      }
    }
    const std::pair<Statement*, const char*> all[] = {{&begin_, "BEGIN IMMEDIATE"},
                                                      {&commit_, "COMMIT"},
                                                      {&read_, kRead},
                                                      {&lead_, kLead},
                                                      {&move_, kMove}};
    for (const auto& [statement, text] : all) {
      auto prepared = connection.prepare(text);
      if (!prepared) return prepared.error();
      *statement = std::move(*prepared);
    }
    return {};
  }

  Result<ReadModelCheckpoint> begin(const ReadModelWriter& writer) {
    if (begin_.run() != SQLITE_OK) return error("can't begin a transaction");
    auto found = take_over(writer);
    if (!found) roll_back();
    return found;
  }

  Result<void> commit(Position position) {
    move_.bind_text(1, name_);
    move_.bind(2, position.value);
    move_.bind(3, token_);
    move_.bind_bytes(4, log_id());
    if (move_.run() != SQLITE_OK) return undone(error("can't store the checkpoint"));
    if (sqlite3_changes(connection.handle()) != 1) return undone(lease_lost());
    if (commit_.run() != SQLITE_OK) return undone(error("can't commit"));
    return {};
  }

  void roll_back() noexcept { static_cast<void>(connection.roll_back()); }

  [[nodiscard]] Error error(std::string_view what) const {
    Error failure = connection.error(what);
    const int code = sqlite3_extended_errcode(connection.handle());
    return make_error(may_succeed_later(code) ? ErrorCode::Unavailable : ErrorCode::HandlerFailed,
                      std::move(failure.message));
  }

  Connection connection;

 private:
  Result<ReadModelCheckpoint> take_over(const ReadModelWriter& writer) {
    ReadModelCheckpoint found;
    {
      const RowScope scope(read_);
      read_.bind_text(1, name_);
      const int result = read_.step();
      if (result != SQLITE_ROW && result != SQLITE_DONE) return error("can't read the checkpoint");
      if (result == SQLITE_ROW) {
        found.position = {read_.number(0)};
        found.token = read_.number(1);
        const std::string_view id = read_.bytes(2);
        std::copy_n(id.begin(), std::min(id.size(), found.log_id.bytes.size()),
                    found.log_id.bytes.begin());
      }
    }
    if (found.token > writer.token) return lease_lost();
    token_ = writer.token;
    log_id_ = writer.log_id;
    lead_.bind_text(1, name_);
    lead_.bind(2, token_);
    lead_.bind_bytes(3, log_id());
    // The token is there already in all but the first transaction of a leader.
    if (found.token < token_ && lead_.run() != SQLITE_OK) {
      return error("can't store the token");
    }
    return found;
  }

  [[nodiscard]] std::string_view log_id() const noexcept {
    return {reinterpret_cast<const char*>(log_id_.bytes.data()), log_id_.bytes.size()};
  }
  [[nodiscard]] Error lease_lost() const {
    return make_error(ErrorCode::LeaseLost,
                      "a newer leader of projection '" + name_ + "' has written to its read model");
  }
  Error undone(Error failure) {
    roll_back();
    return failure;
  }

  std::string name_;
  std::uint64_t token_ = 0;
  Uuid log_id_;
  Statement begin_;
  Statement commit_;
  Statement read_;
  Statement lead_;
  Statement move_;
};

SqliteReadModel::SqliteReadModel(std::unique_ptr<Database> database)
    : database_(std::move(database)) {}
SqliteReadModel::~SqliteReadModel() = default;

Result<std::unique_ptr<SqliteReadModel>> SqliteReadModel::open(
    const SqliteReadModelOptions& options) {
  auto database = std::make_unique<Database>();
  if (auto opened = database->open(options); !opened) return opened.error();
  return std::unique_ptr<SqliteReadModel>(new SqliteReadModel(std::move(database)));
}

sqlite3* SqliteReadModel::handle() const noexcept { return database_->connection.handle(); }

Result<void> SqliteReadModel::execute(const std::string& sql) {
  if (database_->connection.execute(sql.c_str()) != SQLITE_OK) return error("can't write");
  return {};
}

Error SqliteReadModel::error(std::string_view what) const { return database_->error(what); }

Result<ReadModelCheckpoint> SqliteReadModel::begin(const ReadModelWriter& writer) {
  return database_->begin(writer);
}
Result<void> SqliteReadModel::commit(Position position) { return database_->commit(position); }
void SqliteReadModel::roll_back() noexcept { database_->roll_back(); }

}  // namespace eventcore
