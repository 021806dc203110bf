#pragma once

// What a server is made of: a thread that owns all connections, and workers that run handlers.

#include <atomic>
#include <condition_variable>
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
  explicit ServerCore(ServerOptions given) : options(std::move(given)) {}
  ~ServerCore() { join(); }

  Result<void> listen();
  Result<void> start();
  [[nodiscard]] bool is_started() const noexcept { return thread_.joinable(); }
  Result<void> stop(Deadline deadline) EVENTCORE_EXCLUDES(mutex_);
  /// Waits for running handlers and ends the threads.
  void join();

  void enter(Connection& connection) { connections_.insert(&connection); }
  void leave(Connection& connection) noexcept EVENTCORE_EXCLUDES(mutex_);
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
  void begin_stop() EVENTCORE_EXCLUDES(mutex_);
  void cut_off();
  void tell_if_idle() EVENTCORE_EXCLUDES(mutex_);

  eventcore::detail::Mutex mutex_;
  std::condition_variable_any idle_;
  bool is_idle_ EVENTCORE_GUARDED_BY(mutex_) = false;  // stopping, and no connection is left

  // Confined to the server's thread.
  std::unordered_set<Connection*> connections_;
  bool stopping_ = false;

  // Before what runs on it ends, `io_` gives up its handlers and with them the connections.
  asio::io_context io_{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  tcp::acceptor acceptor_{io_};
  asio::steady_timer accept_pause_{io_};
  std::optional<asio::thread_pool> workers_;
  std::thread thread_;
};

}  // namespace eventcore::http::detail
