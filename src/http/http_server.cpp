#include "eventcore/http_server.hpp"

#include <sys/resource.h>
#include <algorithm>

#include <chrono>
#include <future>
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
/// Connections that are being turned away at once.
constexpr std::size_t kTurnedAwayMost = 64;
/// Of the process's descriptors: the store and another server need some too.
constexpr std::size_t kShareOfDescriptors = 3;

std::size_t connections_most(const ServerOptions& options) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return options.connections_max;
  const auto share = static_cast<std::size_t>(limit.rlim_cur / kShareOfDescriptors);
  return std::min(options.connections_max, std::max<std::size_t>(share, 1));
}

bool is_out_of_descriptors(const error_code& error) {
  return error == asio::error::no_descriptors ||
         error == boost::system::errc::too_many_files_open_in_system;
}

}  // namespace

void ServerCore::leave(Connection& connection) noexcept {
  forget(connection);
  tell_if_idle();
}

void ServerCore::forget(Connection& connection) noexcept {
  connections_.erase(&connection);
  stop_waiting(connection);
  held_bytes_ -= std::exchange(connection.held_bytes, 0);
  open_.store(connections_.size(), std::memory_order_relaxed);
}

void ServerCore::wait_for_client(Connection& connection) {
  if (!connections_.contains(&connection)) return;
  stop_waiting(connection);
  connection.waiting = waiting_.insert(waiting_.end(), &connection);
}

void ServerCore::stop_waiting(Connection& connection) noexcept {
  if (connection.waiting) waiting_.erase(*connection.waiting);
  connection.waiting.reset();
}

bool ServerCore::drop_longest_waiting() {
  if (waiting_.empty()) return false;
  drop(*waiting_.front());
  return true;
}

void ServerCore::drop(Connection& connection) {
  count_dropped();
  forget(connection);  // its operations, which keep it alive, end later
  connection.cut_off();
}

bool ServerCore::hold(Connection& connection, std::size_t bytes) {
  // One that is dropped may come here once more before its operations end.
  if (!connections_.contains(&connection)) return false;
  held_bytes_ = held_bytes_ - connection.held_bytes + bytes;
  connection.held_bytes = bytes;
  const auto holds = [](const Connection* other) { return other->held_bytes > 0; };
  while (held_bytes_ > options.held_bytes_max) {
    const auto next = std::find_if(waiting_.begin(), waiting_.end(), holds);
    if (next == waiting_.end() || *next == &connection) return false;
    drop(**next);
  }
  return true;
}

bool ServerCore::is_responsive(Deadline deadline) {
  if (!is_started()) return false;
  const auto ran = std::make_shared<std::promise<void>>();
  std::future<void> result = ran->get_future();
  asio::post(io_, [ran] { ran->set_value(); });
  if (deadline.is_never()) return result.wait(), true;
  return result.wait_until(deadline.at) == std::future_status::ready;
}

ServerStats ServerCore::stats() const noexcept {
  return {.connections_open = open_.load(std::memory_order_relaxed),
          .connections_accepted = accepted_.load(std::memory_order_relaxed),
          .connections_refused = refused_.load(std::memory_order_relaxed),
          .connections_dropped = dropped_.load(std::memory_order_relaxed)};
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
  connections_max_ = connections_most(options);
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
    if (is_out_of_descriptors(error) && drop_longest_waiting()) return accept();
    // Out of memory, or of descriptors that somebody else has: trying again at once would spin.
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](error_code) {
      if (!stopping_) accept();
    });
    return;
  }
  try {
    admit(std::move(socket));
  } catch (...) {
    // Out of memory for this connection; the next one must still be accepted.
  }
  accept();
}

void ServerCore::admit(tcp::socket socket) {
  count(accepted_);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  // Whoever keeps the server waiting must not keep others out.
  if (connections_.size() < connections_max_ || drop_longest_waiting()) {
    serve_connection(std::move(socket), *this);
  } else {
    count(refused_);
    // Turning away takes a moment too, so these are bounded as well.
    if (connections_.size() >= connections_max_ + kTurnedAwayMost) return;
    turn_away_connection(std::move(socket), *this);
  }
  open_.store(connections_.size(), std::memory_order_relaxed);
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
  // Publishers of streams post to `io_`, which goes now.
  for (Connection* connection : connections_) connection->leave_stream();
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

bool Server::is_responsive(Deadline deadline) const { return core_->is_responsive(deadline); }

ServerStats Server::stats() const noexcept { return core_->stats(); }

Result<void> Server::stop(Deadline deadline) { return core_->stop(deadline); }

}  // namespace eventcore::http
