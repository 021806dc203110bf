#pragma once

// One connection of a server, as the server sees it.

#include <cstddef>
#include <list>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

namespace eventcore::http::detail {

class ServerCore;

/// A connection keeps itself alive while it has something to do, and tells its server when it
/// enters and leaves. Thread-safety: Confined to the server's thread.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  /// Closes at once if no request is under way, else after its response.
  virtual void finish_up() = 0;
  /// Closes, whatever is under way.
  virtual void cut_off() = 0;
  /// Follows no stream any more: nobody calls it from another thread afterwards.
  virtual void leave_stream() noexcept = 0;

  // The server's: its place among those that wait for their clients, and the bytes it accounts for.
  std::optional<std::list<Connection*>::iterator> waiting;
  std::size_t held_bytes = 0;
};

/// Serves the requests of `socket`.
void serve_connection(boost::asio::ip::tcp::socket socket, ServerCore& core);

/// Answers 503 without reading a request.
void turn_away_connection(boost::asio::ip::tcp::socket socket, ServerCore& core);

}  // namespace eventcore::http::detail
