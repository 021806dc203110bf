#include <memory>
#include <string>

#include "eventcore/postgres_store.hpp"
#include "eventcore/testing/store_contract.hpp"
#include "pgbouncer.hpp"
#include "postgres_connection.hpp"
#include "postgres_server.hpp"
#include "postgres_schema.hpp"

namespace eventcore::testing {
namespace {

// A schema of its own for each clause, reached by `conninfo`.
class PostgresFixture final : public StoreFixture {
 public:
  PostgresFixture(std::string conninfo, std::size_t heads_cached_max)
      : conninfo_(std::move(conninfo)), heads_cached_max_(heads_cached_max) {}

  Result<std::unique_ptr<EventStore>> open(const StoreSettings& settings) override {
    return open_postgres_store({.conninfo = conninfo_,
                                .schema = schema_.name(),
                                .heads_cached_max = heads_cached_max_,
                                .clock = settings.clock,
                                .probe = settings.probe});
  }

 private:
  const std::string conninfo_;
  const std::size_t heads_cached_max_;
  const PostgresSchema schema_;
};

constexpr StoreTraits kTraits{.persistent = true, .queues_appends = true};

std::string direct() { return shared_postgres() + " dbname=postgres"; }

// One for all clauses that this process runs.
std::string through_a_pooler() {
  static PgBouncer pooler(shared_postgres());
  return pooler.conninfo();
}

[[maybe_unused]] const std::size_t kClauses = register_store_contract(
    "Postgres", [] { return std::make_unique<PostgresFixture>(direct(), 1'000'000); }, kTraits);

// The same with so few heads in memory that the database is asked for most versions.
[[maybe_unused]] const std::size_t kClausesWithFewHeads = register_store_contract(
    "PostgresWithFewHeads", [] { return std::make_unique<PostgresFixture>(direct(), 2); }, kTraits);

[[maybe_unused]] const std::size_t kClausesThroughAPooler = register_store_contract(
    "PostgresThroughAPooler",
    [] { return std::make_unique<PostgresFixture>(through_a_pooler(), 1'000'000); }, kTraits);

}  // namespace
}  // namespace eventcore::testing
