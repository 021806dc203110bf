#include "eventcore/tail_reader.hpp"

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
      return make_error(ErrorCode::InvalidArgument,
                        "the log ends before the position that the reader goes on from: it is "
                        "another log, or an older copy of it",
                        {}, page->at);
    }
    query_.after = page->scanned_to;
    // Foreign events without end must not keep the caller from saving its position.
    if (!page->events.empty() || deadline.expired(system_clock())) return page;
    // Returns at once when the head is already past what was scanned. Also when the store is
    // closed: then the next read says so.
    static_cast<void>(store_.head_watcher().wait_beyond(query_.after, deadline, stop));
  }
  return make_error(ErrorCode::Cancelled, "the reader was stopped");
}

}  // namespace eventcore
