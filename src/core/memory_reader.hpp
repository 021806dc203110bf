#pragma once

// Reads of the memory store: pages of views into its log.

#include <memory>

#include "eventcore/event_store.hpp"
#include "memory_log.hpp"

namespace eventcore::detail {

/// The page keeps the log alive. Takes no lock. Errors: InvalidArgument, LimitExceeded.
[[nodiscard]] Result<EventPage> read_memory(const std::shared_ptr<const MemoryLog>& log,
                                            const ReadQuery& query);

}  // namespace eventcore::detail
