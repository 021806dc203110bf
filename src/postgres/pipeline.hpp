#pragma once

// `Pipeline`: a connection for reading on which statements are sent ahead of their answers.

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "connection.hpp"

namespace eventcore::postgres {

/// Each statement is a transaction of its own: the failure of one does not touch the others. Only
/// for statements that change nothing: one that is not answered in time is cancelled.
/// Thread-safety: One thread at a time.
class Pipeline {
 public:
  Pipeline() = default;

  /// Errors: Unavailable, InvalidArgument.
  [[nodiscard]] static Result<Pipeline> open(const PostgresStoreOptions& options);
  /// False: never opened, or lost.
  [[nodiscard]] bool is_open() const noexcept { return connection_.is_open(); }
  void close() noexcept;

  /// Sends one statement. Errors: Unavailable, and the connection is lost.
  [[nodiscard]] Result<void> send(const char* sql, const Parameters& parameters);
  /// As `send`, and keeps the statement's plan in the session, if this is one. For the few
  /// statements whose plan is the same whatever their parameters.
  [[nodiscard]] Result<void> send_often(const std::string& sql, const Parameters& parameters);
  /// The answer of the oldest statement that has none yet. Lost or not in time: the connection is
  /// closed. Requires: `pending() > 0` or a lost connection.
  [[nodiscard]] Result<Rows> receive(Instant until);
  /// Throws away the answers that are still to come.
  [[nodiscard]] Result<void> drain(Instant until);
  /// Sends one statement and waits for its answer. Requires: `pending() == 0`.
  [[nodiscard]] Result<Rows> run(const char* sql, const Parameters& parameters, Instant until);

  [[nodiscard]] std::size_t pending() const noexcept { return pending_.size(); }

 private:
  [[nodiscard]] Result<void> end_statement(bool sent, bool prepares);
  [[nodiscard]] Error lose(Instant until);
  void cancel_pending();
  [[nodiscard]] Result<void> receive_part(Instant until, Rows& rows, Failure& failure);
  [[nodiscard]] Result<void> receive_end(Instant until);

  Connection connection_;
  bool is_session_ = false;
  std::vector<std::string> kept_;  // statements of this session, by number
  std::deque<bool> pending_;       // statements without an answer: is each prepared first?
};

}  // namespace eventcore::postgres
