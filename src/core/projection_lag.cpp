#include "eventcore/projection_lag.hpp"

#include <algorithm>

namespace eventcore {

Result<ProjectionLag> projection_lag(EventStore& store, std::string_view name, const Clock& clock) {
  const auto record = store.projections().load(name);
  if (!record) return record.error();
  ProjectionLag lag;
  if (*record) {
    lag.checkpoint = (*record)->position;
    lag.dead_letters = (*record)->dead_letters;
  }
  const Result<EventPage> page = store.read(LogQuery{.after = lag.checkpoint, .events_max = 1});
  if (!page) return page.error();
  // With the checkpoint past the head, `at` is the head, which lies before it.
  lag.head = page->at;
  lag.beyond_head = lag.checkpoint > lag.head;
  if (page->events.empty()) return lag;
  lag.events = lag.head - lag.checkpoint;
  lag.age = std::max(clock.wall() - page->events.front().time, std::chrono::nanoseconds{0});
  return lag;
}

}  // namespace eventcore
