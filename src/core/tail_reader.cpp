#include "eventcore/tail_reader.hpp"

#include <algorithm>
#include <utility>

#include "eventcore/assert.hpp"
#include "eventcore/head_watcher.hpp"

namespace eventcore {

TailReader::TailReader(EventStore& store, Position after, EventFilter filter,
                       TailReaderOptions options)
    : store_(store) {
  EVENTCORE_ASSERT(options.events_max > 0, "a page of a tail reader holds at least one event");
  query_.after = after;
  query_.filter = std::move(filter);
  query_.events_max = options.events_max;
  query_.bytes_max = options.bytes_max;
  query_.with_batch = options.with_batch;
}

Result<EventPage> TailReader::next(Deadline deadline, std::stop_token stop) {
  while (!stop.stop_requested()) {
    Result<EventPage> page = store_.read(query_);
    if (!page) return page;
    if (page->at < query_.after) {
      if (Result<void> patient = await_head(page->at, deadline, stop); !patient) {
        return std::move(patient).error();
      }
      if (deadline.expired(system_clock())) return page;
      continue;
    }
    behind_since_.reset();
    query_.after = page->scanned_to;
    // Foreign events without end must not keep the caller from saving its position.
    if (!page->events.empty() || deadline.expired(system_clock())) return page;
    // Returns at once when the head is already past what was scanned. Also when the store is
    // closed: then the next read says so.
    static_cast<void>(store_.head_watcher().wait_beyond(query_.after, deadline, stop));
  }
  return make_error(ErrorCode::Cancelled, "the reader was stopped");
}

// A store may learn a moment late what another process has committed.
Result<void> TailReader::await_head(Position head, Deadline deadline, const std::stop_token& stop) {
  const Instant now = system_clock().now();
  const Instant patience = behind_since_.value_or(now) + kPatience;
  if (now >= patience) {
    return make_error(ErrorCode::InvalidArgument,
                      "the log ends before the position that the reader goes on from: it is "
                      "another log, or an older copy of it",
                      {}, head);
  }
  if (!behind_since_) behind_since_ = now;
  static_cast<void>(
      store_.head_watcher().wait_beyond(head, {std::min(deadline.at, patience)}, stop));
  return {};
}

}  // namespace eventcore
