#include "projection_feed.hpp"

#include <utility>

namespace eventcore::detail {
namespace {

// A read is not interrupted: over events that a filter leaves out it must not last for minutes.
constexpr std::uint64_t kPositionsOfARead = 1'000'000;

}  // namespace

class ProjectionFeed::Fetch final : public ReadOperation {
 public:
  [[nodiscard]] Result<EventPage> take() EVENTCORE_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    while (!page_.has_value()) arrived_.wait(lock);
    return *std::move(page_);
  }

 protected:
  void completed(Result<EventPage> result) noexcept override {
    const MutexLock lock(mutex_);
    page_.emplace(std::move(result));
    arrived_.notify_one();  // under the lock: the fetch may be gone afterwards
  }

 private:
  Mutex mutex_;
  std::condition_variable_any arrived_;
  std::optional<Result<EventPage>> page_ EVENTCORE_GUARDED_BY(mutex_);
};

ProjectionFeed::ProjectionFeed(EventStore& store, LogQuery query)
    : store_(store), query_(std::move(query)) {}

ProjectionFeed::~ProjectionFeed() { drop(); }

void ProjectionFeed::drop() {
  if (ahead_ == nullptr) return;
  ignore_error(ahead_->take(), "the page is not wanted any more");
  ahead_.reset();
}

void ProjectionFeed::seek(Position position) {
  if (position == query_.after) return;
  drop();
  query_.after = position;
}

void ProjectionFeed::request() {
  query_.until = query_.after + kPositionsOfARead;
  ahead_ = std::make_unique<Fetch>();
  ahead_->query = query_;
  store_.submit_read(*ahead_);
}

Result<EventPage> ProjectionFeed::next() {
  if (ahead_ == nullptr) request();
  Result<EventPage> page = std::exchange(ahead_, nullptr)->take();
  // A page of a log that ends earlier leads nowhere.
  if (!page || page->at < query_.after) return page;
  query_.after = page->scanned_to;
  if (!page->events.empty() && query_.after < store_.head()) request();
  return page;
}

}  // namespace eventcore::detail
