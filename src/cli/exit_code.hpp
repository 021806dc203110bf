#pragma once

/// \file
/// `ExitCode`: what every tool tells its caller.

#include "eventcore/error.hpp"

namespace eventcore::cli {

/// Scripts branch on these; never renumber.
enum class ExitCode : int {
  Done = 0,
  Failed = 1,         ///< Failed, or findings.
  BadInput = 2,       ///< Bad usage or bad input.
  Conflict = 3,       ///< The store is not as the caller expected.
  StoreUnusable = 4,  ///< The store can't be opened, read or written.
};

/// The exit code that tells of `code`.
[[nodiscard]] ExitCode exit_code_of(ErrorCode code) noexcept;

}  // namespace eventcore::cli
