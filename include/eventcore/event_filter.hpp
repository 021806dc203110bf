#pragma once

/// \file
/// `EventFilter`: which events of the log a reader wants. Every store applies this one definition.

#include <string>
#include <string_view>
#include <vector>

#include "eventcore/describe.hpp"
#include "eventcore/stream_id.hpp"
#include "eventcore/stream_pattern.hpp"

namespace eventcore {

/// Streams (all, exact ids, prefixes or patterns; any may match) and event types (all or a list).
/// Thread-safety: Immutable once built.
class EventFilter {
 public:
  /// Every event.
  [[nodiscard]] static EventFilter all() { return {}; }

  EventFilter& stream(StreamId id);
  EventFilter& prefix(StreamPrefix prefix);
  EventFilter& pattern(StreamPattern pattern);
  /// Adds an event type by its stored name.
  EventFilter& type(std::string name);
  /// Adds the type of event `E`.
  template <DescribedEvent E>
  EventFilter& type() {
    return type(std::string(event_name<E>));
  }

  [[nodiscard]] bool matches_stream(std::string_view stream) const noexcept;
  [[nodiscard]] bool matches_type(std::string_view type) const noexcept;
  [[nodiscard]] bool matches_all_streams() const noexcept;
  [[nodiscard]] bool matches_all_types() const noexcept { return types_.empty(); }
  [[nodiscard]] const std::vector<std::string>& types() const noexcept { return types_; }

 private:
  std::vector<StreamId> streams_;
  std::vector<StreamPrefix> prefixes_;
  std::vector<StreamPattern> patterns_;
  std::vector<std::string> types_;
};

}  // namespace eventcore
