#pragma once

/// \file
/// `http::Broadcast`: one text that many clients follow, as server-sent events.
///
///     auto live = std::make_shared<http::Broadcast>();
///     server.route(http::Method::Get, "/live", [live](const http::Request&) {
///       return live->response();
///     });
///     live->publish("event: tick\ndata: 1\n\n");  // from any thread
///
/// All readers share the bytes of a text. A reader gets the newest text first; one that is still
/// taking a text when the next ones come gets the newest of them and misses the others, so each
/// text must be complete in itself. A reader that does not take a text within the server's
/// `write_timeout` is dropped.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

#include "eventcore/detail/mutex.hpp"
#include "eventcore/http_message.hpp"

namespace eventcore::http {

/// What a broadcast has done.
struct BroadcastStats {
  std::size_t readers = 0;    ///< Now.
  std::uint64_t refused = 0;  ///< Because there were too many.
  std::uint64_t published = 0;
};

/// Thread-safety: Thread-safe. Blocking: no. Cost: a message to each reader's server a text.
class Broadcast : public std::enable_shared_from_this<Broadcast> {
 public:
  /// What follows a broadcast: a connection. Told under the broadcast's lock, so it only hands on.
  class Reader {
   public:
    Reader() = default;
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    virtual ~Reader() = default;
    virtual void deliver(const std::shared_ptr<const std::string>& text) = 0;
  };

  /// Above `readers_max` a client is answered 503.
  explicit Broadcast(std::size_t readers_max = 64) : readers_max_(readers_max) {}
  Broadcast(const Broadcast&) = delete;
  Broadcast& operator=(const Broadcast&) = delete;

  /// Hands `text` to every reader. A text of server-sent events ends with an empty line.
  void publish(std::string text) EVENTCORE_EXCLUDES(mutex_);
  /// The answer to a client that wants to follow: `text/event-stream`, until one of both closes.
  /// Requires: the broadcast is owned by a `shared_ptr`.
  [[nodiscard]] Response response() EVENTCORE_EXCLUDES(mutex_);
  [[nodiscard]] BroadcastStats stats() const EVENTCORE_EXCLUDES(mutex_);

  // For the server.

  /// Adds `reader` and delivers the newest text, if there is one; false if there are too many.
  [[nodiscard]] bool add(Reader& reader) EVENTCORE_EXCLUDES(mutex_);
  /// Nothing is delivered to `reader` afterwards. Harmless if it was not added.
  void remove(Reader& reader) noexcept EVENTCORE_EXCLUDES(mutex_);

 private:
  const std::size_t readers_max_;
  mutable eventcore::detail::Mutex mutex_;
  std::unordered_set<Reader*> readers_ EVENTCORE_GUARDED_BY(mutex_);
  std::shared_ptr<const std::string> newest_ EVENTCORE_GUARDED_BY(mutex_);
  BroadcastStats stats_ EVENTCORE_GUARDED_BY(mutex_);
};

}  // namespace eventcore::http
