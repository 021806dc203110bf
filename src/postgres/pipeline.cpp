#include "pipeline.hpp"

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
  if (PQenterPipelineMode(pipeline.connection_.handle()) == 0) {
    return pipeline.connection_.error("can't set up");
  }
  return pipeline;
}

void Pipeline::close() noexcept {
  connection_.close();
  pending_ = 0;
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
  while (pending_ > 0 && std::chrono::steady_clock::now() < end) {
    cancel(connection_.handle());
    const Instant next = std::chrono::steady_clock::now() + kCancelInterval;
    while (pending_ > 0 && connection_.await_answer(next)) {
      const Rows answer(PQgetResult(connection_.handle()));
      if (answer.is_end_of_statement()) --pending_;
      if (PQstatus(connection_.handle()) != CONNECTION_OK) return;
    }
  }
}

Result<void> Pipeline::send(const char* sql, const Parameters& parameters) {
  if (!is_open()) return not_connected();
  const std::vector<const char*> values = parameters.values();
  const std::vector<int> formats = parameters.formats();
  if (PQsendQueryParams(connection_.handle(), sql, parameters.count(), parameters.types(),
                        values.data(), parameters.lengths(), formats.data(), 1) == 0 ||
      PQpipelineSync(connection_.handle()) == 0) {
    return lose(Instant::max());
  }
  ++pending_;
  return {};
}

Result<Rows> Pipeline::receive(Instant until) {
  if (!is_open()) return not_connected();
  Rows rows;
  Failure failure;
  bool refused = false;
  for (;;) {
    if (!connection_.await_answer(until)) return lose(until);
    PGresult* result = PQgetResult(connection_.handle());
    if (result == nullptr) break;
    Rows answer(result);
    switch (PQresultStatus(result)) {
      case PGRES_TUPLES_OK:
        rows = std::move(answer);
        break;
      case PGRES_COMMAND_OK:
        break;
      default:
        failure = failure_of(result);
        refused = true;
    }
  }
  if (auto ended = receive_end(until); !ended) return ended.error();
  --pending_;
  if (refused) return failure.error;
  return rows;
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
  while (pending_ > 0) {
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
