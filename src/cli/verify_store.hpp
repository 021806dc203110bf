#pragma once

/// \file
/// Verifying a store while the user looks on.

#include <cstdint>

#include "console.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/store_administration.hpp"

namespace eventcore::cli {

/// `StoreAdministration::verify` with a progress line; `checked` is how many events it has reached.
/// Errors: those of `verify`; Cancelled when the user stops it.
[[nodiscard]] Result<VerifyReport> verify_store(EventStore& store, Console& console,
                                                std::uint64_t& checked);

}  // namespace eventcore::cli
