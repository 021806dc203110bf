#pragma once

/// \file
/// `http::Server`: a small HTTP/1.1 server for endpoints and services.
///
///     http::Server server({.listen = "127.0.0.1:8080"});
///     server.route(http::Method::Get, "/orders/{id}", [&](const http::Request& request) {
///       return http::json_response(200, shop.describe(request.parameter("id")));
///     });
///     if (auto started = server.start(); !started) return started.error();
///
/// It expects a proxy in front where networks are not friendly: there is no TLS. Bodies are held in
/// memory. What it does about hostile clients is in docs/reference/http.md.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventcore/clock.hpp"
#include "eventcore/http_message.hpp"
#include "eventcore/result.hpp"

namespace eventcore::http {

namespace detail {
class ServerCore;
}

/// Answers a request, on a worker. It may block. What it throws becomes a 500.
using Handler = std::function<Response(const Request&)>;

/// What became of one request.
struct RequestRecord {
  std::optional<Method> method;  ///< Nothing if the request could not be read.
  std::string_view route;        ///< The template; empty if no route took the request.
  std::uint16_t status = 0;
  std::chrono::nanoseconds duration{};  ///< From the first byte read to the last one written.
  /// From the complete request to its response being ready; 0 if the request could not be read.
  std::chrono::nanoseconds handling{};
  std::size_t request_bytes = 0;   ///< Of the body.
  std::size_t response_bytes = 0;  ///< Of the body.
};

/// Connections of one server since it started.
struct ServerStats {
  std::uint64_t connections_open = 0;  ///< Now.
  std::uint64_t connections_accepted = 0;
  /// Answered 503, or closed, because as many as may be open were being served.
  std::uint64_t connections_refused = 0;
  /// Cut off because their clients were too slow, or made room for others meanwhile.
  std::uint64_t connections_dropped = 0;
};

/// How a server listens and what it puts up with.
struct ServerOptions {
  /// `host:port`; a numeric host, IPv6 in brackets, or `localhost`. Port 0 picks a free one.
  std::string listen = "127.0.0.1:0";
  std::size_t workers = 2;  ///< Threads for handlers.
  /// Above it the connection is dropped that has waited for its client longest: to send a complete
  /// request, or to take a response. If all are being served, a new one is answered 503. A third
  /// of the descriptors that the process may open (RLIMIT_NOFILE), if that is less.
  std::size_t connections_max = 1'000;
  /// Above: 431. At most 65,535; more counts as that. Extensions of chunks and trailers, which are
  /// dropped, may have as much, or eight times the size of the body if that is more; above: 413.
  std::size_t header_bytes_max = std::size_t{16} * 1024;
  std::size_t body_bytes_max = std::size_t{1024} * 1024;  ///< Above: 413.
  /// Bodies of all requests and responses under way. Above it connections are dropped as above;
  /// if all are being served, a request is answered 503.
  std::size_t held_bytes_max = std::size_t{64} * 1024 * 1024;
  /// For a whole request, from its first byte. Above: 408.
  std::chrono::milliseconds read_timeout{10'000};
  std::chrono::milliseconds write_timeout{10'000};  ///< For a whole response.
  std::chrono::milliseconds idle_timeout{60'000};   ///< Between requests of a connection.
  /// Asked about each request before it is routed, on a worker: what it returns is the answer. The
  /// request has its path, no route and no parameters yet. See http_access.hpp.
  std::function<std::optional<Response>(const Request&)> guard = nullptr;
  /// Told of each request after its response, or after the header of a stream, on the server's
  /// thread. Must not block or throw.
  std::function<void(const RequestRecord&)> on_request = nullptr;
};

/// Owns one thread for connections and `workers` threads for handlers. Errors of clients and of
/// handlers are answered as `problem`. `HEAD` is served by the handler for `GET`.
/// Thread-safety: `stop`, `port`, `stats` and `is_responsive` are thread-safe; the rest one thread
/// at a time.
class Server {
 public:
  explicit Server(ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Stops without waiting for slow clients; handlers that run are waited for.
  ~Server();

  /// Serves `method` on paths like `path_template`, where `{name}` stands for one segment. A
  /// literal segment wins over a name.
  /// Requires: before `start`; the template begins with `/` and is new for the method.
  void route(Method method, std::string_view path_template, Handler handler);

  /// Takes the address: clients can connect, and wait until `start`. A service that listens first
  /// knows that it can before it opens or creates anything. Requires: called once at most.
  /// Errors: InvalidArgument (bad address), Unavailable (in use or not permitted). Blocking: no.
  [[nodiscard]] Result<void> listen();
  /// Listens if it does not yet and starts the threads. Requires: called once. Errors: those of
  /// `listen`. Blocking: no.
  [[nodiscard]] Result<void> start();
  /// The port that is listened on; 0 before `listen`.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Where it is reached, as `http://127.0.0.1:8080`.
  [[nodiscard]] std::string url() const;
  /// Cost: four atomic loads.
  [[nodiscard]] ServerStats stats() const noexcept;
  /// Whether the thread of connections does something new before `deadline`; for a check of
  /// liveness. Requires: not beside `start`. Blocking: until it does.
  [[nodiscard]] bool is_responsive(Deadline deadline) const;

  /// Takes no new connections, closes idle ones and waits for requests under way until `deadline`,
  /// then closes these too. A second call is harmless.
  /// Errors: DeadlineExceeded (requests were cut off).
  [[nodiscard]] Result<void> stop(Deadline deadline);

 private:
  std::unique_ptr<detail::ServerCore> core_;
};

}  // namespace eventcore::http
