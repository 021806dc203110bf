#include "eventcore/error.hpp"

#include <utility>

namespace eventcore {
namespace {

Retry retry_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::VersionConflict:
      return Retry::WholeCommand;
    case ErrorCode::DeadlineExceeded:
    case ErrorCode::Overloaded:
    case ErrorCode::Unavailable:
      return Retry::SameCall;
    case ErrorCode::InvalidArgument:
    case ErrorCode::UndeclaredStream:
    case ErrorCode::UnknownEventType:
    case ErrorCode::DecodeFailed:
    case ErrorCode::HandlerFailed:
    case ErrorCode::LimitExceeded:
    case ErrorCode::KeyReused:
    case ErrorCode::Cancelled:
    case ErrorCode::ShuttingDown:
    case ErrorCode::WouldDeadlock:
    case ErrorCode::CommitInDoubt:
    case ErrorCode::Corrupt:
    case ErrorCode::LeaseLost:
      break;
  }
  return Retry::Never;
}

void append_conflict(std::string& line, const Conflict& conflict) {
  line += ", expected version ";
  line += std::to_string(conflict.expected.value);
  line += ", actual version ";
  line += std::to_string(conflict.actual.value);
  if (conflict.winner_position.value == 0) return;
  line += ", moved by ";
  if (!conflict.winner_command_type.empty()) line += conflict.winner_command_type + ' ';
  if (!conflict.winner_id.is_nil()) line += conflict.winner_id.to_string() + ' ';
  line += "at position ";
  line += std::to_string(conflict.winner_position.value);
}

}  // namespace

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return "invalid_argument";
    case ErrorCode::VersionConflict:
      return "version_conflict";
    case ErrorCode::UndeclaredStream:
      return "undeclared_stream";
    case ErrorCode::UnknownEventType:
      return "unknown_event_type";
    case ErrorCode::DecodeFailed:
      return "decode_failed";
    case ErrorCode::HandlerFailed:
      return "handler_failed";
    case ErrorCode::LimitExceeded:
      return "limit_exceeded";
    case ErrorCode::KeyReused:
      return "key_reused";
    case ErrorCode::DeadlineExceeded:
      return "deadline_exceeded";
    case ErrorCode::Cancelled:
      return "cancelled";
    case ErrorCode::Overloaded:
      return "overloaded";
    case ErrorCode::ShuttingDown:
      return "shutting_down";
    case ErrorCode::WouldDeadlock:
      return "would_deadlock";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::CommitInDoubt:
      return "commit_in_doubt";
    case ErrorCode::Corrupt:
      return "corrupt";
    case ErrorCode::LeaseLost:
      return "lease_lost";
  }
  return "unknown";
}

Error make_error(ErrorCode code, std::string message) {
  return make_error(code, std::move(message), {});
}

Error make_error(ErrorCode code, std::string message, std::string_view stream, Position position) {
  Error error;
  error.code = code;
  error.retry = retry_of(code);
  error.message = std::move(message);
  error.stream = stream;
  error.position = position;
  return error;
}

std::string describe(const Error& error) {
  std::string line(to_string(error.code));
  if (!error.message.empty()) line += ": " + error.message;
  const char* separator = " (";
  if (!error.stream.empty()) {
    line += separator;
    line += "stream " + error.stream;
    separator = ", ";
  }
  if (error.position.value != 0) {
    line += separator;
    line += "position " + std::to_string(error.position.value);
    separator = ", ";
  }
  if (*separator == ',') line += ')';
  if (error.conflict) append_conflict(line, *error.conflict);
  for (char& character : line) {
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7F) character = ' ';
  }
  return line;
}

}  // namespace eventcore
