#include "connection.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace eventcore::postgres {
namespace {

// libpq and the server end their messages with a newline, and may add a second line of detail.
std::string first_line(const char* message) {
  std::string_view text = message == nullptr ? "" : message;
  text = text.substr(0, text.find('\n'));
  return std::string(text);
}

// Options of ours that a connection text may override.
struct Defaults {
  explicit Defaults(const PostgresStoreOptions& options)
      : timeout(std::to_string(std::max<std::int64_t>(
            1, std::chrono::ceil<std::chrono::seconds>(options.connect_timeout).count()))) {
    add("application_name", "eventcore");
    add("connect_timeout", timeout.c_str());
    add("target_session_attrs", options.read_only ? "any" : "read-write");
    add("keepalives_idle", "30");
    add("keepalives_interval", "10");
    add("keepalives_count", "3");
    add("tcp_user_timeout", "30000");
    add("client_encoding", "UTF8");
    add("dbname", options.conninfo.c_str());  // is a whole connection text, which wins
    add(nullptr, nullptr);
  }
  void add(const char* keyword, const char* value) {
    keywords[count] = keyword;
    values[count++] = value;
  }

  std::string timeout;
  std::array<const char*, 12> keywords{};
  std::array<const char*, 12> values{};
  std::size_t count = 0;
};

}  // namespace

Failure failure_of(const PGresult* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  Failure failure;
  failure.state = state == nullptr ? "" : state;
  failure.error = make_error(
      ErrorCode::Unavailable,
      "PostgreSQL: " +
          (message == nullptr ? first_line(PQresultErrorMessage(result)) : first_line(message)) +
          (failure.state.empty() ? "" : " (SQLSTATE " + failure.state + ")"));
  return failure;
}

Result<Connection> Connection::open(const PostgresStoreOptions& options) {
  char* problem = nullptr;
  PQconninfoOption* parsed = PQconninfoParse(options.conninfo.c_str(), &problem);
  if (parsed == nullptr) {
    // The message may repeat parts of the text, a password among them.
    PQfreemem(problem);
    return make_error(ErrorCode::InvalidArgument, "libpq can't read the connection text");
  }
  PQconninfoFree(parsed);
  const Defaults defaults(options);
  Connection connection;
  connection.handle_.reset(PQconnectdbParams(defaults.keywords.data(), defaults.values.data(), 1));
  if (PQstatus(connection.handle()) != CONNECTION_OK) {
    return connection.error("can't connect to PostgreSQL");
  }
  connection.notices_ = std::make_unique<Notices>();
  PQsetNoticeReceiver(
      connection.handle(),
      [](void* notices, const PGresult* notice) {
        const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
        if (severity != nullptr && std::string_view(severity) == "WARNING") {
          static_cast<Notices*>(notices)->warned = true;
        }
      },
      connection.notices_.get());
  if (PQsetnonblocking(connection.handle(), 1) != 0) return connection.error("can't set up");
  return connection;
}

Error Connection::error(std::string_view what) const {
  return make_error(ErrorCode::Unavailable,
                    std::string(what) + ": " + first_line(PQerrorMessage(handle())));
}

bool Connection::await_answer(Instant until) {
  for (;;) {
    const int unsent = PQflush(handle());
    if (unsent < 0) return false;
    if (unsent == 0 && PQisBusy(handle()) == 0) return true;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{.fd = PQsocket(handle()),
                   .events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN),
                   .revents = 0};
    const int ready =
        poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1'000'000)));
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && (waiting.revents & ~POLLOUT) != 0 && PQconsumeInput(handle()) == 0) {
      return false;
    }
  }
}

void Connection::lose(Failure& failure, std::string_view what) {
  failure.error = error(what);
  failure.answered = false;
  close();
}

bool Connection::begin(Failure& failure) {
  failure = {};
  if (is_open()) {
    notices_->warned = false;
    return true;
  }
  failure.answered = true;  // nothing was sent
  failure.error = make_error(ErrorCode::Unavailable, "not connected to PostgreSQL");
  return false;
}

bool Connection::send(const char* sql, const Parameters& parameters, Failure& failure) {
  if (!begin(failure)) return false;
  const std::vector<const char*> values = parameters.values();
  const std::vector<int> formats = parameters.formats();
  const int sent = PQsendQueryParams(handle(), sql, parameters.count(), parameters.types(),
                                     values.data(), parameters.lengths(), formats.data(), 1);
  if (sent == 0) lose(failure, "can't send to PostgreSQL");
  return sent != 0;
}

Result<Rows> Connection::run(const char* sql, const Parameters& parameters, Instant until,
                             Failure* failure) {
  Failure ignored;
  Failure& failed = failure == nullptr ? ignored : *failure;
  if (!send(sql, parameters, failed)) return failed.error;
  return collect(until, failed);
}

bool Connection::is_session(Instant until) {
  const auto session = run("SELECT pg_backend_pid()", {}, until);
  return session && session->number(0, 0) == PQbackendPID(handle());
}

// The one statement that a session keeps.
constexpr char kKept[] = "eventcore";

void Connection::keep(const char* sql, const Parameters& parameters, Instant until) {
  kept_ = Kept::Impossible;
  if (!is_session(until)) return;
  Failure failure;
  if (PQsendPrepare(handle(), kKept, sql, parameters.count(), parameters.types()) == 0) {
    return lose(failure, "can't send to PostgreSQL");
  }
  if (collect(until, failure)) kept_ = Kept::Statement;
}

bool Connection::send_often(const char* sql, const Parameters& parameters, Instant until,
                            Failure& failure) {
  if (is_open() && kept_ == Kept::NotYet) keep(sql, parameters, until);
  if (kept_ != Kept::Statement) return send(sql, parameters, failure);
  if (!begin(failure)) return false;
  const std::vector<const char*> values = parameters.values();
  const std::vector<int> formats = parameters.formats();
  const int sent = PQsendQueryPrepared(handle(), kKept, parameters.count(), values.data(),
                                       parameters.lengths(), formats.data(), 1);
  if (sent == 0) {
    lose(failure, "can't send to PostgreSQL");
    return false;
  }
  return true;
}

Result<Rows> Connection::receive(Instant until, Failure& failure) {
  failure = {};
  return collect(until, failure);
}

Result<Rows> Connection::collect(Instant until, Failure& failure) {
  Rows rows;
  bool refused = false;
  for (;;) {
    if (!await_answer(until)) {
      lose(failure, "no answer from PostgreSQL");
      return failure.error;
    }
    PGresult* result = PQgetResult(handle());
    if (result == nullptr) break;
    Rows answer(result);
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK) {
      rows = std::move(answer);
    } else if (status != PGRES_COMMAND_OK) {
      failure = failure_of(result);
      refused = true;
    }
  }
  if (PQstatus(handle()) != CONNECTION_OK) {
    lose(failure, "the connection to PostgreSQL was lost");
    return failure.error;
  }
  if (refused) {
    failure.answered = true;
    return failure.error;
  }
  return rows;
}

Result<void> Connection::run_script(const std::string& sql, Instant until, Failure* failure) {
  Failure ignored;
  Failure& failed = failure == nullptr ? ignored : *failure;
  failed = {};
  if (!is_open()) {
    failed.error = make_error(ErrorCode::Unavailable, "not connected to PostgreSQL");
    return failed.error;
  }
  if (PQsendQuery(handle(), sql.c_str()) == 0) {
    lose(failed, "can't send to PostgreSQL");
    return failed.error;
  }
  auto done = collect(until, failed);
  if (!done) return done.error();
  return {};
}

}  // namespace eventcore::postgres
