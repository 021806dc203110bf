#include "log_end.hpp"

namespace eventcore::cli {

Result<LogEnd> log_end_at(EventStore& store, Position position) {
  if (position.value == 0) return LogEnd{};
  if (position > store.head()) {
    return make_error(ErrorCode::InvalidArgument, "position " + std::to_string(position.value) +
                                                      " is behind the head, " +
                                                      std::to_string(store.head().value));
  }
  const Result<EventPage> page = store.read(LogQuery{
      .after = {position.value - 1}, .until = position, .events_max = 1, .with_batch = true});
  if (!page) return page.error();
  if (page->events.empty()) {
    return make_error(ErrorCode::Corrupt, "there is no event at this position", {}, position);
  }
  const StoredBatch& batch = *page->events.front().batch;
  const Position last = {batch.first.value + batch.events - 1};
  if (last != position) {
    return make_error(ErrorCode::InvalidArgument,
                      "position " + std::to_string(position.value) +
                          " is inside of a command, which ends at position " +
                          std::to_string(last.value));
  }
  return LogEnd{.position = position, .batch = batch.id};
}

}  // namespace eventcore::cli
