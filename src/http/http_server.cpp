#include "eventcore/http_server.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include "eventcore/assert.hpp"
#include "server_core.hpp"
#include "wire_text.hpp"

namespace eventcore::http {

namespace detail {
namespace {

constexpr auto kAcceptPause = std::chrono::milliseconds(50);

}  // namespace

void ServerCore::leave(Connection& connection) noexcept {
  connections_.erase(&connection);
  tell_if_idle();
}

void ServerCore::tell_if_idle() {
  if (!stopping_ || !connections_.empty()) return;
  const eventcore::detail::MutexLock lock(mutex_);
  is_idle_ = true;
  idle_.notify_all();
}

Result<void> ServerCore::listen() {
  EVENTCORE_ASSERT(!acceptor_.is_open(), "a server listens once");
  const std::optional<ListenAddress> address = parse_listen_address(options.listen);
  error_code error;
  const asio::ip::address ip =
      address ? asio::ip::make_address(address->host, error) : asio::ip::address{};
  if (!address || error) {
    return make_error(ErrorCode::InvalidArgument,
                      "'" + options.listen + "' is no address to listen on: host:port is");
  }
  const tcp::endpoint endpoint(ip, address->port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    acceptor_.close(ignored);
    return make_error(ErrorCode::Unavailable,
                      "can't listen on " + options.listen + ": " + error.message());
  }
  host = ip.is_v6() ? "[" + address->host + "]" : address->host;
  port = acceptor_.local_endpoint().port();
  return {};
}

Result<void> ServerCore::start() {
  EVENTCORE_ASSERT(!is_started(), "a server starts once");
  if (!acceptor_.is_open()) {
    if (auto listening = listen(); !listening) return listening;
  }
  workers_.emplace(std::max<std::size_t>(1, options.workers));
  work_.emplace(io_.get_executor());
  accept();
  thread_ = std::thread([this] { run(); });
  return {};
}

void ServerCore::run() noexcept {
  while (true) {
    try {
      io_.run();
      return;
    } catch (...) {
      // The operation that threw is gone, and with it its connection, which nothing else keeps.
    }
  }
}

void ServerCore::accept() {
  acceptor_.async_accept(
      [this](error_code error, tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void ServerCore::on_accept(const error_code& error, tcp::socket socket) {
  if (stopping_) return;
  if (error) {
    // Out of descriptors or memory: trying again at once would spin.
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](error_code) {
      if (!stopping_) accept();
    });
    return;
  }
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const std::size_t open = connections_.size();
  // Those that are turned away take a moment too, so they are bounded as well.
  if (open < 2 * options.connections_max) {
    const auto take = open < options.connections_max ? &serve_connection : &turn_away_connection;
    try {
      take(std::move(socket), *this);
    } catch (...) {
      // Out of memory for this connection; the next one must still be accepted.
    }
  }
  accept();
}

void ServerCore::begin_stop() {
  stopping_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  for (Connection* connection : connections_) connection->finish_up();
  tell_if_idle();
}

void ServerCore::cut_off() {
  for (Connection* connection : connections_) connection->cut_off();
}

Result<void> ServerCore::stop(Deadline deadline) {
  if (!thread_.joinable()) return {};
  asio::post(io_, [this] { begin_stop(); });
  eventcore::detail::MutexLock lock(mutex_);
  while (!is_idle_) {
    if (deadline.is_never()) {
      idle_.wait(lock);
    } else if (idle_.wait_until(lock, deadline.at) == std::cv_status::timeout) {
      break;
    }
  }
  if (is_idle_) return {};
  asio::post(io_, [this] { cut_off(); });
  return make_error(ErrorCode::DeadlineExceeded, "requests were cut off when the server stopped");
}

void ServerCore::join() {
  if (!thread_.joinable()) return;
  workers_->join();
  io_.stop();
  thread_.join();
}

}  // namespace detail

Server::Server(ServerOptions options)
    : core_(std::make_unique<detail::ServerCore>(std::move(options))) {}

Server::~Server() { ignore_error(core_->stop(Deadline{Instant{}}), "nobody is left to hear it"); }

void Server::route(Method method, std::string_view path_template, Handler handler) {
  EVENTCORE_ASSERT(!core_->is_started(), "routes are added before the server starts");
  core_->router.add(method, path_template, std::move(handler));
}

Result<void> Server::listen() { return core_->listen(); }

Result<void> Server::start() { return core_->start(); }

std::uint16_t Server::port() const noexcept { return core_->port; }

std::string Server::url() const {
  return "http://" + core_->host + ":" + std::to_string(core_->port);
}

Result<void> Server::stop(Deadline deadline) { return core_->stop(deadline); }

}  // namespace eventcore::http
