#include <chrono>
#include <cmath>
#include <string>

#include "../../postgres/connection.hpp"
#include "../console.hpp"
#include "checks.hpp"
#include "cli_sql.hpp"
#include "judge.hpp"

namespace eventcore::cli::doctor {
namespace {

using postgres::Connection;
using postgres::Parameters;
using postgres::Rows;

constexpr std::chrono::seconds kAnswerTime{5};

std::string text_at(const Rows& rows, int row, int column) {
  return printable(rows.bytes(row, column));
}

void tell_transactions(const PlaceContext& context, const Rows& rows) {
  for (int row = 0; row < rows.size(); ++row) {
    const std::int64_t waiting = rows.number(row, 7);
    const std::string pid = std::to_string(rows.number(row, 0));
    const std::string application = text_at(rows, row, 2);
    const double age = static_cast<double>(rows.number(row, 5)) / 1e3;
    context.findings.add(
        {.id = waiting > 0 ? "blocking-transaction" : "long-transaction",
         .severity = waiting > 0 ? Severity::Critical : Severity::Warning,
         .title = waiting > 0
                      ? "A transaction that is open for long blocks others"
                      : "A transaction is open for long; the server can't clean up behind it",
         .culprit = "session " + pid + " of " + text_at(rows, row, 1) + " from " +
                    text_at(rows, row, 3) + (application.empty() ? "" : ", " + application),
         .evidence = {"open for " + duration_text(age) + ", " + text_at(rows, row, 4),
                      waiting > 0
                          ? counted(static_cast<std::uint64_t>(waiting), "session") + " wait for it"
                          : "",
                      "last statement: " + text_at(rows, row, 6),
                      limit_text(duration_text(context.limits("blocking_age")), "blocking_age")},
         .alert = "LongBlockingTransaction",
         .runbook = "store-latency-and-commit",
         .next = "psql " + context.store + " -c 'SELECT pg_terminate_backend(" + pid + ")'"});
  }
}

void tell_connections(const PlaceContext& context, const Rows& rows) {
  if (rows.size() != 1) return;
  const auto used = static_cast<double>(rows.number(0, 0));
  const auto most = static_cast<double>(rows.number(0, 1));
  if (used / most > context.limits("pool_in_use")) {
    context.findings.add(
        {.id = "connections-exhausted",
         .severity = Severity::Critical,
         .title = "The server has hardly a connection left",
         .culprit = "server of " + context.url.redacted(),
         .evidence = {number_text(used) + " of " + number_text(most) + " connections are taken",
                      limit_text(percent_text(context.limits("pool_in_use")), "pool_in_use")},
         .alert = "DatabaseConnectionPoolExhausted",
         .runbook = "connection-pool",
         .next = "psql " + context.store +
                 " -c 'SELECT usename, application_name, state, count(*) FROM pg_stat_activity "
                 "GROUP BY 1, 2, 3 ORDER BY 4 DESC'"});
  }
  const double server = static_cast<double>(rows.number(0, 2)) / 1e3;
  const double here = seconds_of(system_clock().wall().time_since_epoch());
  if (std::abs(server - here) <= seconds_of(kClocksDifferMax + kAnswerTime)) return;
  context.findings.add({.id = "clock-jump",
                        .title = "Clocks of two hosts differ",
                        .culprit = "the server's clock or this host's",
                        .evidence = {"the server is " + duration_text(std::abs(server - here)) +
                                     (server > here ? " ahead" : " behind")},
                        .runbook = "projection-leadership",
                        .next = "timedatectl timesync-status"});
}

}  // namespace

void check_sessions(const PlaceContext& context) {
  if (context.url.backend() != StoreUrl::Backend::Postgres) return;
  PostgresStoreOptions options;
  options.conninfo = context.url.conninfo();
  Result<Connection> opened = Connection::open(options);
  if (!opened) {
    // Opening the store tells of it.
    context.findings.not_checked("sessions of the server", opened.error().message);
    return;
  }
  const auto ask = [&](const char* sql, const Parameters& parameters) {
    return opened->run(sql, parameters, std::chrono::steady_clock::now() + kAnswerTime);
  };
  const auto milliseconds = static_cast<std::int64_t>(context.limits("blocking_age") * 1e3);
  const Result<Rows> transactions =
      ask(sql::list_long_transactions, Parameters().add(milliseconds));
  if (transactions) {
    tell_transactions(context, *transactions);
  } else {
    context.findings.not_checked("long transactions", transactions.error().message);
  }
  const Result<Rows> connections = ask(sql::count_connections, {});
  if (connections) {
    tell_connections(context, *connections);
  } else {
    context.findings.not_checked("connections and clock of the server",
                                 connections.error().message);
  }
}

}  // namespace eventcore::cli::doctor
