#pragma once

/// \file
/// Where a store's log can be cut: between two batches.

#include "archive_format.hpp"
#include "eventcore/event_store.hpp"

namespace eventcore::cli {

/// The batch that ends at `position`.
/// Errors: InvalidArgument (no batch ends there, or it is past the head).
[[nodiscard]] Result<LogEnd> log_end_at(EventStore& store, Position position);

}  // namespace eventcore::cli
