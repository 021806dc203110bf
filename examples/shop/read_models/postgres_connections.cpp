#include "read_models/postgres_connections.hpp"

#include <array>
#include <chrono>
#include <utility>

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;
using eventcore::Result;

constexpr std::chrono::seconds kPatience{5};

}  // namespace

Result<PostgresConnection> PostgresConnections::connect() const {
  // What comes later counts, so the conninfo may say otherwise.
  const std::array<const char*, 4> names{"connect_timeout", "tcp_user_timeout", "dbname", nullptr};
  const std::array<const char*, 4> values{"5", "10000", conninfo_.c_str(), nullptr};
  PostgresConnection connection(PQconnectdbParams(names.data(), values.data(), 1));
  if (PQstatus(connection.get()) == CONNECTION_OK) return connection;
  return make_error(ErrorCode::Unavailable, postgres_error(connection.get(), nullptr).message);
}

Result<PostgresConnection> PostgresConnections::take() {
  std::unique_lock lock(mutex_);
  if (!returned_.wait_for(lock, kPatience, [&] { return used_ < kMax; })) {
    return make_error(ErrorCode::Unavailable, "read model: all connections are in use");
  }
  ++used_;
  if (idle_.empty()) return PostgresConnection();
  PostgresConnection connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void PostgresConnections::lose() {
  const std::lock_guard lock(mutex_);
  --used_;
  returned_.notify_one();
}

Result<PostgresConnections::Begun> PostgresConnections::begin(const std::string& script) {
  for (;;) {
    auto taken = take();
    if (!taken) return taken.error();
    const bool was_idle = *taken != nullptr;
    if (!was_idle) taken = connect();
    if (!taken) {
      lose();
      return taken.error();
    }
    PGconn* const connection = taken->get();
    PostgresResult result(PQexec(connection, script.c_str()));
    if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) {
      return Begun{*std::move(taken), std::move(result)};
    }
    const bool broke = was_idle && PQstatus(connection) != CONNECTION_OK;
    const eventcore::Error error = postgres_error(connection, result.get());
    taken->reset();
    lose();
    if (!broke) return error;
  }
}

void PostgresConnections::give_back(PostgresConnection connection) {
  PostgresResult(PQexec(connection.get(), "ROLLBACK"));
  if (PQtransactionStatus(connection.get()) != PQTRANS_IDLE) connection.reset();
  const std::lock_guard lock(mutex_);
  if (connection != nullptr) idle_.push_back(std::move(connection));
  --used_;
  returned_.notify_one();
}

}  // namespace shop
