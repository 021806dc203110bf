#pragma once

// What a server is made of: a thread that owns all connections, and workers that run handlers.

#include <atomic>
#include <condition_variable>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "connection.hpp"
#include "eventcore/detail/mutex.hpp"
#include "eventcore/http_server.hpp"
#include "router.hpp"

namespace eventcore::http::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

/// The thread that owns all connections, the workers and the routes. Connections are touched on
/// that thread alone; handlers run on the workers and post their response back to it.
class ServerCore {
 public:
  explicit ServerCore(ServerOptions given) : options(std::move(given)) {
    router.guard = options.guard;
  }
  ~ServerCore() { join(); }

  Result<void> listen();
  Result<void> start();
  [[nodiscard]] bool is_started() const noexcept { return thread_.joinable(); }
  Result<void> stop(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);
  /// Waits for running handlers and ends the threads.
  void join();

  /// Whether the thread of connections runs something new before `deadline`.
  [[nodiscard]] bool is_responsive(Deadline deadline);
  [[nodiscard]] ServerStats stats() const noexcept;

  void enter(Connection& connection) { connections_.insert(&connection); }
  void leave(Connection& connection) noexcept EVENTCORE_EXCLUDES(mutex_);
  /// `connection` waits for its client from now on: to send a request, or to take a response.
  void wait_for_client(Connection& connection);
  /// The client has done its part.
  void stop_waiting(Connection& connection) noexcept;
  /// `connection` holds `bytes` of a body from now on. Where all together are too many, those are
  /// dropped that have waited for their clients longest; false if its own turn has come, or nobody
  /// is left.
  bool hold(Connection& connection, std::size_t bytes);
  /// A client was too slow.
  void count_dropped() noexcept { count(dropped_); }
  [[nodiscard]] bool is_stopping() const noexcept { return stopping_; }
  [[nodiscard]] asio::io_context& io() noexcept { return io_; }
  [[nodiscard]] asio::thread_pool& workers() noexcept { return *workers_; }

  const ServerOptions options;
  Router router;
  std::string host;
  std::atomic<std::uint16_t> port = 0;  // atomic: set by `listen`, read by anybody

 private:
  /// Runs the server's thread to its end.
  void run() noexcept;
  void accept();
  void on_accept(const error_code& error, tcp::socket socket);
  void admit(tcp::socket socket);
  /// False if none waits for its client.
  bool drop_longest_waiting();
  void drop(Connection& connection);
  void forget(Connection& connection) noexcept;
  void begin_stop() EVENTCORE_EXCLUDES(mutex_);
  void cut_off();
  void tell_if_idle() EVENTCORE_EXCLUDES(mutex_);
  // Only the server's thread writes counters.
  static void count(std::atomic<std::uint64_t>& counter) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  eventcore::detail::Mutex mutex_;
  std::condition_variable_any idle_;
  bool is_idle_ EVENTCORE_GUARDED_BY(mutex_) = false;  // stopping, and no connection is left

  // Confined to the server's thread.
  std::unordered_set<Connection*> connections_;
  std::list<Connection*> waiting_;  // for their clients; the longest first
  std::size_t held_bytes_ = 0;      // by all connections
  std::size_t connections_max_ = 0;
  bool stopping_ = false;

  // Atomic: written by the server's thread, read by anybody; relaxed, they order nothing.
  std::atomic<std::uint64_t> open_ = 0;
  std::atomic<std::uint64_t> accepted_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;

  // Before what runs on it ends, `io_` gives up its handlers and with them the connections.
  asio::io_context io_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  tcp::acceptor acceptor_{io_};
  asio::steady_timer accept_pause_{io_};
  std::optional<asio::thread_pool> workers_;
  std::thread thread_;
};

}  // namespace eventcore::http::detail
