#include "read_models/read_model_schema.hpp"

#include <charconv>
#include <utility>

#include <eventcore/postgres_read_model.hpp>

#include "read_models/postgres_statement.hpp"

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;
using eventcore::PostgresReadModel;
using eventcore::Result;

constexpr std::size_t kNameMax = 63;

class PostgresTables final : public Tables {
 public:
  PostgresTables(std::unique_ptr<PostgresReadModel> model, std::string schema)
      : model_(std::move(model)), schema_(std::move(schema)) {}
  eventcore::ReadModel& read_model() noexcept override { return *model_; }
  Result<void> execute(std::string_view sql) override {
    return model_->execute(postgres_sql(sql, schema_));
  }
  Result<Statement> prepare(std::string_view sql) override {
    return Statement(std::make_unique<PostgresStatement>(
        [model = model_.get()] { return model->handle(); }, postgres_sql(sql, schema_)));
  }

 private:
  const std::unique_ptr<PostgresReadModel> model_;
  const std::string schema_;
};

class PostgresReadDatabase final : public ReadDatabase {
 public:
  // One transaction sees one state, and a query that hangs does not keep its connection.
  PostgresReadDatabase(PostgresConnections& connections, std::string schema, const std::string& key)
      : connections_(connections),
        schema_(std::move(schema)),
        begin_(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '5s'; "
            "SELECT position FROM " +
            quoted_name(schema_) + ".eventcore_projections WHERE name = '" + key + "'") {}

  Result<ReadSnapshot> snapshot() override {
    auto begun = connections_.begin(begin_);
    if (!begun) return begun.error();
    eventcore::Position position;
    if (PQntuples(begun->result.get()) != 0) {
      const std::string_view text = PQgetvalue(begun->result.get(), 0, 0);
      std::from_chars(text.data(), text.data() + text.size(), position.value);
    }
    return ReadSnapshot(
        std::make_unique<Transaction>(connections_, schema_, std::move(begun->connection)),
        position);
  }

 private:
  class Transaction final : public ReadSnapshot::Transaction {
   public:
    Transaction(PostgresConnections& connections, const std::string& schema,
                PostgresConnection connection)
        : connections_(connections), schema_(schema), connection_(std::move(connection)) {}
    ~Transaction() override { connections_.give_back(std::move(connection_)); }
    Result<Statement> prepare(std::string_view sql) override {
      return Statement(std::make_unique<PostgresStatement>(
          [connection = connection_.get()] { return connection; }, postgres_sql(sql, schema_)));
    }

   private:
    PostgresConnections& connections_;
    const std::string& schema_;
    PostgresConnection connection_;
  };

  PostgresConnections& connections_;
  const std::string schema_;
  const std::string begin_;
};

}  // namespace

ReadModelSchema::ReadModelSchema(std::string conninfo, std::string name)
    : conninfo_(std::move(conninfo)), name_(std::move(name)), connections_(conninfo_) {}

Result<std::unique_ptr<ReadModelSchema>> ReadModelSchema::open(const eventcore::StoreUrl& url) {
  std::string name = (url.schema().empty() ? "eventcore" : url.schema()) + "_shop";
  if (name.size() > kNameMax) {
    return make_error(ErrorCode::InvalidArgument, "the schema " + name + " has too long a name");
  }
  std::unique_ptr<ReadModelSchema> opened(new ReadModelSchema(url.conninfo(), std::move(name)));
  if (auto created = opened->create(); !created) return created.error();
  return opened;
}

Result<void> ReadModelSchema::create() {
  auto connection = connections_.connect();
  if (!connection) return connection.error();
  PGconn* const opened = connection->get();
  const std::unique_ptr<char, void (*)(void*)> literal(
      PQescapeLiteral(opened, name_.data(), name_.size()), PQfreemem);
  if (literal == nullptr) return postgres_error(opened, nullptr);
  const std::string name = literal.get();
  // Only if it is missing, for even IF NOT EXISTS takes the right to create one; and one at a time.
  const std::string script = "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended(" + name +
                             ", 0)); DO $do$ BEGIN IF to_regnamespace(quote_ident(" + name +
                             ")) IS NULL THEN EXECUTE format('CREATE SCHEMA %I', " + name +
                             "); END IF; END $do$; COMMIT";
  const PostgresResult result(PQexec(opened, script.c_str()));
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) return {};
  return make_error(ErrorCode::Unavailable,
                    "schema " + name_ + ": " + postgres_error(opened, result.get()).message);
}

Result<std::unique_ptr<Tables>> ReadModelSchema::open_tables(const std::string& key,
                                                             std::string_view schema) {
  auto model = PostgresReadModel::open(
      {.conninfo = conninfo_, .schema = name_, .name = key, .ddl = postgres_sql(schema, name_)});
  if (!model) return model.error();
  return std::unique_ptr<Tables>(std::make_unique<PostgresTables>(*std::move(model), name_));
}

std::unique_ptr<ReadDatabase> ReadModelSchema::open_reads(const std::string& key) {
  return std::make_unique<PostgresReadDatabase>(connections_, name_, key);
}

}  // namespace shop
