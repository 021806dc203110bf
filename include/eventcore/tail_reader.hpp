#pragma once

/// \file
/// `TailReader`: follows the log in order, from any position on into the future.
///
///     TailReader tail(store, checkpoint, filter);
///     while (!stop.stop_requested()) {
///       Result<EventPage> page = tail.next(Deadline::after(1s), stop);
///       if (!page) return page.error();
///       …                                      // no events: nothing new within the second
///       save(tail.position());
///     }
///
/// Save `position()` together with what was made of the events, in one transaction: else a crash
/// between the two repeats events or loses them. The usual mistake is to remember the position of
/// the last event instead: a reader of rare events would scan everything behind it again. Example:
/// examples/read_model.cpp.

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>

#include "eventcore/event_filter.hpp"
#include "eventcore/event_page.hpp"
#include "eventcore/event_store.hpp"
#include "eventcore/limits.hpp"
#include "eventcore/result.hpp"

namespace eventcore {

/// How a tail reader reads.
struct TailReaderOptions {
  std::size_t events_max = limits::kPageEvents;  ///< Of a page; at least 1.
  std::size_t bytes_max = std::size_t{16} * 1024 * 1024;
  bool with_batch = false;  ///< Fill `StoredEvent::batch`.
};

/// Reads every event after a position that a filter selects, each once.
/// Thread-safety: One thread at a time. Ownership: the store must outlive it.
class TailReader {
 public:
  TailReader(EventStore& store, Position after, EventFilter filter = {},
             TailReaderOptions options = {});
  TailReader(const TailReader&) = delete;
  TailReader& operator=(const TailReader&) = delete;

  /// The next events. At the deadline, which is one of the system's clock, a page without events
  /// says in `scanned_to` how far the reader got; what is already there is returned also with a
  /// deadline that has passed. After an error the same call may be repeated: nothing is skipped.
  /// Blocking: until there is an event, the deadline or a stop; never while events are waiting.
  /// Errors: Cancelled; InvalidArgument (for a second the log ended before the position to go on
  /// from: it is another log, or was restored from an older backup); those of
  /// `EventStore::submit_read`.
  [[nodiscard]] Result<EventPage> next(Deadline deadline = {}, std::stop_token stop = {});

  /// Everything up to here was returned or is not selected.
  [[nodiscard]] Position position() const noexcept { return query_.after; }

 private:
  static constexpr std::chrono::seconds kPatience{1};

  [[nodiscard]] Result<void> await_head(Position head, Deadline deadline,
                                        const std::stop_token& stop);

  EventStore& store_;
  LogQuery query_;
  std::optional<Instant> behind_since_;  // when the log was first seen to end too early
};

}  // namespace eventcore
