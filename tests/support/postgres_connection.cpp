#include "postgres_connection.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "postgres_server.hpp"

namespace eventcore::testing {

namespace {

std::string unique_name() {
  static std::atomic<int> count = 0;
  return "test_" + std::to_string(getpid()) + "_" + std::to_string(count.fetch_add(1));
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& conninfo)
    : connection_(PQconnectdb(conninfo.c_str())) {
  if (PQstatus(connection_) == CONNECTION_OK) {
    PQsetNoticeProcessor(
        connection_, [](void*, const char*) {}, nullptr);
    return;
  }
  const std::string message = PQerrorMessage(connection_);
  PQfinish(connection_);
  throw std::runtime_error(message);
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

PostgresConnection::Rows PostgresConnection::run(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_, sql.c_str()),
                                                             PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    throw std::runtime_error((state == nullptr ? "" : std::string(state) + " ") +
                             PQerrorMessage(connection_));
  }
  Rows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      rows[row].emplace_back(PQgetvalue(result.get(), static_cast<int>(row), column));
    }
  }
  return rows;
}

std::string PostgresConnection::value(const std::string& sql) {
  const Rows rows = run(sql);
  if (rows.size() != 1 || rows[0].size() != 1) throw std::runtime_error("not one value: " + sql);
  return rows[0][0];
}

PostgresDatabase::PostgresDatabase() : PostgresDatabase(shared_postgres()) {}

PostgresDatabase::PostgresDatabase(std::string server)
    : server_(std::move(server)), name_(unique_name()) {
  PostgresConnection(server_ + " dbname=postgres").run("CREATE DATABASE " + name_);
}

PostgresDatabase::~PostgresDatabase() {
  try {
    PostgresConnection(server_ + " dbname=postgres")
        .run("DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception& problem) {
    std::cerr << "PostgreSQL: " << problem.what() << '\n';
  }
}

}  // namespace eventcore::testing
