#pragma once

// Checks of the stored log against itself.

#include <atomic>

#include "eventcore/store_administration.hpp"
#include "pipeline.hpp"
#include "store_state.hpp"

namespace eventcore::postgres {

/// What a check of the log needs; it ends with ShuttingDown soon after `closing` is set.
struct LogCheck {
  const PostgresStoreOptions& options;
  Pipeline& connection;
  const std::atomic<bool>& closing;
};

/// Reads the whole log. Errors: Cancelled, ShuttingDown, Unavailable.
[[nodiscard]] Result<VerifyReport> verify_log(const LogCheck& check, const Progress& progress);

/// Compares the batches behind `after` up to `until` with their checksums. Errors: Corrupt (names
/// the batch's first event), ShuttingDown, Unavailable.
[[nodiscard]] Result<void> check_checksums(const LogCheck& check, Position after, Position until);

}  // namespace eventcore::postgres
