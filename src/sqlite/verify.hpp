#pragma once

// `verify_file`: reads a whole store and looks for contradictions.

#include "connection.hpp"
#include "eventcore/store_administration.hpp"

namespace eventcore::sqlite {

/// Checks everything up to `head`. Errors: Cancelled, Unavailable, Corrupt (unreadable pages).
[[nodiscard]] Result<VerifyReport> verify_file(const Connection& connection, Position head,
                                               const Progress& progress);

}  // namespace eventcore::sqlite
