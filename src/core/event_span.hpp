#pragma once

// Parts of a page of events, which are in the order of their positions.

#include <algorithm>
#include <span>

#include "eventcore/event_page.hpp"

namespace eventcore::detail {

/// The events up to `position`.
[[nodiscard]] inline std::span<const StoredEvent> up_to(std::span<const StoredEvent> events,
                                                        Position position) noexcept {
  const auto behind = std::upper_bound(
      events.begin(), events.end(), position,
      [](Position last, const StoredEvent& event) { return last < event.position; });
  return events.first(static_cast<std::size_t>(behind - events.begin()));
}

}  // namespace eventcore::detail
