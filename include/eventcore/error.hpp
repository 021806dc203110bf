#pragma once

/// \file
/// What can go wrong in an operation, as one flat value.
///
/// A business refusal is not an error: it is an outcome of the command (see decision.hpp). A
/// programmer error is an assertion. Branch on `code`; who may repeat a failed call is `retry`.
/// The usual mistake is to repeat `CommitInDoubt` blindly: the events may be there; repeat with
/// the same idempotency key, which finds them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/position.hpp"
#include "eventcore/uuid.hpp"

namespace eventcore {

/// Why an operation failed. Callers branch on these; the list is short on purpose.
enum class ErrorCode : std::uint8_t {
  InvalidArgument,    ///< A value breaks a documented rule; `message` names the value and rule.
  VersionConflict,    ///< A stream was not at its expected version; `conflict` has the details.
  UndeclaredStream,   ///< A command emitted to a stream that it does not read.
  UnknownEventType,   ///< A stream holds an event type that its fold does not know.
  DecodeFailed,       ///< Stored bytes are not what their type says.
  HandlerFailed,      ///< User code threw or reported a failure.
  LimitExceeded,      ///< A limit of limits.hpp or of the options was passed.
  KeyReused,          ///< The idempotency key belongs to a command of another type.
  DeadlineExceeded,   ///< The deadline passed; nothing was written.
  Cancelled,          ///< A stop was requested; nothing was written.
  Overloaded,         ///< A queue is full; nothing was written.
  ShuttingDown,       ///< The object is closed or closing; nothing was written.
  WouldDeadlock,      ///< A blocking call on a thread that has to serve it.
  Unavailable,        ///< The store can't be reached or refuses; nothing was written.
  CommitInDoubt,      ///< The commit failed half way: the events may or may not be stored.
  Corrupt,            ///< The stored data contradicts itself.
  LeaseLost,          ///< Somebody else leads the projection; nothing was written.
};

/// The name of `code` in snake case, as metrics, logs and tools show it. Static storage.
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

/// What a caller may repeat after an error.
enum class Retry : std::uint8_t {
  Never,         ///< Repeating gives the same error.
  SameCall,      ///< The same call may succeed later.
  WholeCommand,  ///< Read again and decide again; the executor does so by itself.
};

/// Who was faster: the batch that moved a stream away from its expected version.
struct Conflict {
  StreamVersion expected;
  StreamVersion actual;
  Position winner_position;         ///< Last event of the winning batch on the stream; 0 unknown.
  Uuid winner_id;                   ///< Its command id; nil if unknown.
  std::string winner_command_type;  ///< Its command type; empty if unknown.

  friend bool operator==(const Conflict&, const Conflict&) = default;
};

/// One failed operation. Thread-safety: Immutable once built.
struct Error {
  ErrorCode code = ErrorCode::Unavailable;
  Retry retry = Retry::Never;
  std::string message;               ///< For people: what, where, what to do. Never a payload.
  std::string stream;                ///< The stream concerned; empty if none.
  Position position;                 ///< The event concerned; 0 if none.
  std::optional<Conflict> conflict;  ///< With `VersionConflict`.

  friend bool operator==(const Error&, const Error&) = default;
};

/// An error of `code` with the retry advice that belongs to the code.
[[nodiscard]] Error make_error(ErrorCode code, std::string message);
/// The same, about a stream.
[[nodiscard]] Error make_error(ErrorCode code, std::string message, std::string_view stream,
                               Position position = {});

/// One line for people: code, message, stream, position, winner.
[[nodiscard]] std::string describe(const Error& error);

}  // namespace eventcore
