#pragma once

// `check_checksums`: whether batches are what was written, without the checks of a whole store.

#include "connection.hpp"
#include "eventcore/position.hpp"

namespace eventcore::sqlite {

/// Checks the batches behind `after` up to `until`. Errors: Corrupt, Unavailable.
[[nodiscard]] Result<void> check_checksums(const Connection& connection, Position after,
                                           Position until);

}  // namespace eventcore::sqlite
