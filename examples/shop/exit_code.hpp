#pragma once

/// \file
/// What the program's end tells its caller; the same codes as those of the tool `eventcore`.

#include <eventcore/error.hpp>

namespace shop {

enum class ExitCode : int { Done = 0, Failed = 1, BadInput = 2, Conflict = 3, StoreUnusable = 4 };

/// The code for a program that ends because of `error`.
[[nodiscard]] inline ExitCode exit_code_of(const eventcore::Error& error) noexcept {
  switch (error.code) {
    case eventcore::ErrorCode::InvalidArgument:
      return ExitCode::BadInput;
    case eventcore::ErrorCode::VersionConflict:
      return ExitCode::Conflict;
    case eventcore::ErrorCode::Unavailable:
    case eventcore::ErrorCode::CommitInDoubt:
    case eventcore::ErrorCode::Corrupt:
      return ExitCode::StoreUnusable;
    default:
      return ExitCode::Failed;
  }
}

}  // namespace shop
