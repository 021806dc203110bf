#pragma once

// `Connection`: one connection to the server, and `Rows`, an answer in binary form. Nothing rests
// on a session: a pooler may give every transaction another one.

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/postgres_store.hpp"
#include "eventcore/result.hpp"
#include "parameters.hpp"
#include "rows.hpp"

namespace eventcore::postgres {

/// The SQLSTATEs that callers tell apart.
namespace sqlstate {
inline constexpr std::string_view kSerializationFailure = "40001";
inline constexpr std::string_view kDeadlock = "40P01";
inline constexpr std::string_view kLockNotAvailable = "55P03";
// Raised by our own functions.
inline constexpr std::string_view kFenced = "EC001";
inline constexpr std::string_view kWrongPosition = "EC003";
inline constexpr std::string_view kWrongTime = "EC004";
}  // namespace sqlstate

/// Why a statement failed.
struct Failure {
  Error error;
  std::string state;      ///< SQLSTATE; empty if the server did not say.
  bool answered = false;  ///< The server has ended the transaction without effect.

  [[nodiscard]] bool may_be_repeated() const noexcept {
    return answered && (state == sqlstate::kSerializationFailure || state == sqlstate::kDeadlock);
  }
};

/// Thread-safety: One thread at a time.
class Connection {
 public:
  Connection() = default;

  /// Connects to the first host that takes writes. Errors: Unavailable, InvalidArgument.
  [[nodiscard]] static Result<Connection> open(const PostgresStoreOptions& options);
  [[nodiscard]] bool is_open() const noexcept { return handle_ != nullptr; }
  void close() noexcept { handle_.reset(); }

  /// Runs one statement and waits for its end, that is for the server's "ready": only then a
  /// commit is done. Not answered by `until`, or a lost connection: the connection is closed, and
  /// the failure is not `answered`.
  [[nodiscard]] Result<Rows> run(const char* sql, const Parameters& parameters, Instant until,
                                 Failure* failure = nullptr);
  /// The first half of `run`, which keeps the statement's plan in the session, if this is one:
  /// behind a pooler each statement may get another. Requires: the same `sql` every time, for the
  /// life of this object. False: see `failure`.
  [[nodiscard]] bool send_often(const char* sql, const Parameters& parameters, Instant until,
                                Failure& failure);
  /// Waits for the end of what was sent.
  [[nodiscard]] Result<Rows> receive(Instant until, Failure& failure);
  /// Whether what a statement leaves in the session is there for the next one: no pooler between.
  [[nodiscard]] bool is_session(Instant until);
  /// Several statements without parameters, for migrations; results are thrown away.
  [[nodiscard]] Result<void> run_script(const std::string& sql, Instant until,
                                        Failure* failure = nullptr);

  /// The commit was acknowledged before a standby had it, or another warning that puts it in doubt.
  [[nodiscard]] bool was_warned() const noexcept { return notices_ && notices_->warned; }

  [[nodiscard]] PGconn* handle() const noexcept { return handle_.get(); }
  /// What the server or libpq last said, as an error that begins with `what`.
  [[nodiscard]] Error error(std::string_view what) const;

  /// Sends what is left to send and reads until an answer is whole. False: lost, or not in time.
  [[nodiscard]] bool await_answer(Instant until);

 private:
  struct Closer {
    void operator()(PGconn* handle) const noexcept { PQfinish(handle); }
  };
  enum class Kept : std::uint8_t { NotYet, Statement, Impossible };
  struct Notices {
    bool warned = false;
  };

  [[nodiscard]] bool begin(Failure& failure);
  [[nodiscard]] bool send(const char* sql, const Parameters& parameters, Failure& failure);
  [[nodiscard]] Result<Rows> collect(Instant until, Failure& failure);
  void lose(Failure& failure, std::string_view what);
  void keep(const char* sql, const Parameters& parameters, Instant until);

  Kept kept_ = Kept::NotYet;
  std::unique_ptr<Notices> notices_;  // stays where it is when the connection moves
  std::unique_ptr<PGconn, Closer> handle_;
};

/// An error result of the server. Takes over the message, never a parameter's value.
[[nodiscard]] Failure failure_of(const PGresult* result);

}  // namespace eventcore::postgres
