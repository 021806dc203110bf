#include "pipeline.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eventcore::postgres {
namespace {

constexpr std::chrono::milliseconds kCancelTime{2'000};
constexpr std::chrono::milliseconds kCancelInterval{50};

void cancel(PGconn* handle) {
  struct Free {
    void operator()(PGcancel* request) const noexcept { PQfreeCancel(request); }
  };
  const std::unique_ptr<PGcancel, Free> request(PQgetCancel(handle));
  std::array<char, 256> problem{};
  // Best effort: the connection is closed whatever comes of it.
  if (request) PQcancel(request.get(), problem.data(), static_cast<int>(problem.size()));
}

Error not_connected() { return make_error(ErrorCode::Unavailable, "not connected to PostgreSQL"); }

}  // namespace

Result<Pipeline> Pipeline::open(const PostgresStoreOptions& options) {
  auto connection = Connection::open(options);
  if (!connection) return connection.error();
  Pipeline pipeline;
  pipeline.connection_ = std::move(*connection);
  pipeline.is_session_ =
      pipeline.connection_.is_session(std::chrono::steady_clock::now() + options.statement_timeout);
  if (PQenterPipelineMode(pipeline.connection_.handle()) == 0) {
    return pipeline.connection_.error("can't set up");
  }
  return pipeline;
}

void Pipeline::close() noexcept {
  connection_.close();
  pending_.clear();
  kept_.clear();
}

Error Pipeline::lose(Instant until) {
  const bool late = std::chrono::steady_clock::now() >= until;
  Error error = late ? make_error(ErrorCode::Unavailable, "no answer from PostgreSQL in time")
                     : connection_.error("the connection to PostgreSQL was lost");
  if (late) cancel_pending();
  close();
  return error;
}

// A statement that takes too long would go on in the server although nobody waits for it, and so
// would those behind it. What is cancelled is the one that runs when the request arrives.
void Pipeline::cancel_pending() {
  const Instant end = std::chrono::steady_clock::now() + kCancelTime;
  while (!pending_.empty() && std::chrono::steady_clock::now() < end) {
    cancel(connection_.handle());
    const Instant next = std::chrono::steady_clock::now() + kCancelInterval;
    while (!pending_.empty() && connection_.await_answer(next)) {
      const Rows answer(PQgetResult(connection_.handle()));
      if (answer.is_end_of_statement()) pending_.pop_front();
      if (PQstatus(connection_.handle()) != CONNECTION_OK) return;
    }
  }
}

Result<void> Pipeline::end_statement(bool sent, bool prepares) {
  if (!sent || PQpipelineSync(connection_.handle()) == 0) return lose(Instant::max());
  pending_.push_back(prepares);
  return {};
}

Result<void> Pipeline::send(const char* sql, const Parameters& parameters) {
  if (!is_open()) return not_connected();
  const std::vector<const char*> values = parameters.values();
  const std::vector<int> formats = parameters.formats();
  const int sent =
      PQsendQueryParams(connection_.handle(), sql, parameters.count(), parameters.types(),
                        values.data(), parameters.lengths(), formats.data(), 1);
  return end_statement(sent != 0, false);
}

Result<void> Pipeline::send_often(const std::string& sql, const Parameters& parameters) {
  if (!is_open()) return not_connected();
  if (!is_session_) return send(sql.c_str(), parameters);
  const auto known = std::find(kept_.begin(), kept_.end(), sql);
  const bool is_new = known == kept_.end();
  const std::string name = "eventcore_" + std::to_string(known - kept_.begin());
  if (is_new) {
    if (PQsendPrepare(connection_.handle(), name.c_str(), sql.c_str(), parameters.count(),
                      parameters.types()) == 0) {
      return lose(Instant::max());
    }
    kept_.push_back(sql);
  }
  const std::vector<const char*> values = parameters.values();
  const std::vector<int> formats = parameters.formats();
  const int sent = PQsendQueryPrepared(connection_.handle(), name.c_str(), parameters.count(),
                                       values.data(), parameters.lengths(), formats.data(), 1);
  return end_statement(sent != 0, is_new);
}

// The answer to one message: that a statement is prepared, or what it returns.
Result<void> Pipeline::receive_part(Instant until, Rows& rows, Failure& failure) {
  for (;;) {
    if (!connection_.await_answer(until)) return lose(until);
    PGresult* result = PQgetResult(connection_.handle());
    if (result == nullptr) return {};
    Rows answer(result);
    switch (PQresultStatus(result)) {
      case PGRES_TUPLES_OK:
        rows = std::move(answer);
        break;
      case PGRES_COMMAND_OK:
      case PGRES_PIPELINE_ABORTED:  // after a failure that is known
        break;
      default:
        failure = failure_of(result);
    }
  }
}

Result<Rows> Pipeline::receive(Instant until) {
  if (!is_open()) return not_connected();
  Rows rows;
  Failure failure;
  const int parts = pending_.front() ? 2 : 1;
  for (int part = 0; part < parts; ++part) {
    if (auto received = receive_part(until, rows, failure); !received) return received.error();
  }
  if (auto ended = receive_end(until); !ended) return ended.error();
  pending_.pop_front();
  if (failure.error.message.empty()) return rows;
  // Whatever was wrong with it, a statement that is not there can't be kept.
  if (parts == 2) close();
  return failure.error;
}

// The mark that follows each statement's answer.
Result<void> Pipeline::receive_end(Instant until) {
  if (PQstatus(connection_.handle()) != CONNECTION_OK) return lose(Instant::max());
  if (!connection_.await_answer(until)) return lose(until);
  const Rows end(PQgetResult(connection_.handle()));
  if (!end.is_end_of_statement()) return lose(Instant::max());
  return {};
}

Result<void> Pipeline::drain(Instant until) {
  while (!pending_.empty()) {
    auto thrown_away = receive(until);
    if (!thrown_away && !is_open()) return thrown_away.error();
  }
  return {};
}

Result<Rows> Pipeline::run(const char* sql, const Parameters& parameters, Instant until) {
  if (auto sent = send(sql, parameters); !sent) return sent.error();
  return receive(until);
}

}  // namespace eventcore::postgres
