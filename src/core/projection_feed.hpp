#pragma once

// `ProjectionFeed`: pages of the log for one projection, of which the next is on its way while the
// current one is applied.

#include <condition_variable>
#include <memory>
#include <optional>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/event_store.hpp"

namespace eventcore::detail {

/// Thread-safety: One thread at a time. The destructor waits for a read under way.
class ProjectionFeed {
 public:
  /// `query` says filter and limits.
  ProjectionFeed(EventStore& store, LogQuery query);
  ProjectionFeed(const ProjectionFeed&) = delete;
  ProjectionFeed& operator=(const ProjectionFeed&) = delete;
  ~ProjectionFeed();

  /// The next page begins after `position`.
  void seek(Position position);
  /// The page after the last one; empty at the end of the log. After an error the same call may be
  /// repeated. Errors: those of `EventStore::submit_read`.
  [[nodiscard]] Result<EventPage> next();
  /// Where the next page begins.
  [[nodiscard]] Position position() const noexcept { return query_.after; }

 private:
  class Fetch;

  void request();
  void drop();

  EventStore& store_;
  LogQuery query_;
  std::unique_ptr<Fetch> ahead_;
};

}  // namespace eventcore::detail
