#include "exit_code.hpp"

namespace eventcore::cli {

ExitCode exit_code_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::LimitExceeded:
      return ExitCode::BadInput;
    case ErrorCode::VersionConflict:
    case ErrorCode::KeyReused:
    case ErrorCode::LeaseLost:
      return ExitCode::Conflict;
    case ErrorCode::Unavailable:
    case ErrorCode::CommitInDoubt:
    case ErrorCode::ShuttingDown:
    case ErrorCode::Corrupt:
      return ExitCode::StoreUnusable;
    case ErrorCode::UndeclaredStream:
    case ErrorCode::UnknownEventType:
    case ErrorCode::DecodeFailed:
    case ErrorCode::HandlerFailed:
    case ErrorCode::DeadlineExceeded:
    case ErrorCode::Cancelled:
    case ErrorCode::Overloaded:
    case ErrorCode::WouldDeadlock:
      break;
  }
  return ExitCode::Failed;
}

}  // namespace eventcore::cli
