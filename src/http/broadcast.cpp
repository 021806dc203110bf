#include "eventcore/http_broadcast.hpp"

#include <utility>

namespace eventcore::http {

using eventcore::detail::MutexLock;

void Broadcast::publish(std::string text) {
  auto shared = std::make_shared<const std::string>(std::move(text));
  const MutexLock lock(mutex_);
  newest_ = shared;
  ++stats_.published;
  for (Reader* const reader : readers_) reader->deliver(shared);
}

Response Broadcast::response() {
  {
    const MutexLock lock(mutex_);
    if (readers_.size() >= readers_max_) {
      ++stats_.refused;
      Response full = problem(503, "Too many clients follow this already.");
      full.headers.push_back({"Retry-After", "5"});
      return full;
    }
  }
  Response response{.content_type = "text/event-stream", .body = {}};
  response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  response.stream = shared_from_this();
  return response;
}

BroadcastStats Broadcast::stats() const {
  const MutexLock lock(mutex_);
  BroadcastStats stats = stats_;
  stats.readers = readers_.size();
  return stats;
}

bool Broadcast::add(Reader& reader) {
  const MutexLock lock(mutex_);
  if (readers_.size() >= readers_max_) {
    ++stats_.refused;
    return false;
  }
  readers_.insert(&reader);
  if (newest_ != nullptr) reader.deliver(newest_);
  return true;
}

void Broadcast::remove(Reader& reader) noexcept {
  const MutexLock lock(mutex_);
  readers_.erase(&reader);
}

}  // namespace eventcore::http
