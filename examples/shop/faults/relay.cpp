#include "faults/relay.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;

/// A descriptor connected to `address`, or -1.
int connected(int family, const sockaddr* address, socklen_t size) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::connect(socket, address, size) == 0) return socket;
  ::close(socket);
  return -1;
}

/// Moves what there is on one way. False: the connection is over.
bool move(short events_from, short events_to, int from, int to, std::string& waiting) {
  if (waiting.empty() && (events_from & (POLLIN | POLLHUP | POLLERR)) != 0) {
    std::array<char, 64 * 1024> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t got = ::recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (got > 0) waiting.assign(buffer.data(), static_cast<std::size_t>(got));
  }
  if (waiting.empty()) return true;
  const ssize_t sent = ::send(to, waiting.data(), waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) waiting.erase(0, static_cast<std::size_t>(sent));
  return (events_to & POLLERR) == 0 && (sent >= 0 || errno == EAGAIN || errno == EINTR);
}

}  // namespace

eventcore::Result<std::unique_ptr<RelayThread>> RelayThread::open(std::string host,
                                                                  std::string port) {
  std::unique_ptr<RelayThread> relay(new RelayThread(std::move(host), std::move(port)));
  if (!relay->listen()) {
    return make_error(ErrorCode::Unavailable, std::string("a relay: ") + std::strerror(errno));
  }
  relay->thread_ = std::thread([&relay = *relay] { relay.run(); });
  return relay;
}

bool RelayThread::listen() {
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (wake_ < 0 || listener_ < 0 ||
      ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return false;
  }
  port_ = ntohs(address.sin_port);
  return true;
}

RelayThread::~RelayThread() {
  ends_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) ::close(listener_);
  if (wake_ >= 0) ::close(wake_);
}

void RelayThread::cut(bool cut) {
  cut_ = cut;
  wake();
}

void RelayThread::wake() const {
  // It can only fail when the thread is woken already.
  if (wake_ >= 0) static_cast<void>(eventfd_write(wake_, 1));
}

int RelayThread::connect() const {
  if (host_.starts_with('/')) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = host_ + "/.s.PGSQL." + name_;
    if (path.size() >= sizeof address.sun_path) return -1;
    path.copy(address.sun_path, path.size());
    return connected(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host_.c_str(), name_.c_str(), &hints, &found) != 0) return -1;
  int socket = -1;
  for (const addrinfo* each = found; each != nullptr && socket < 0; each = each->ai_next) {
    socket = connected(each->ai_family, each->ai_addr, each->ai_addrlen);
  }
  freeaddrinfo(found);
  return socket;
}

void RelayThread::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = cut_ ? -1 : connect();
  if (server < 0) {
    ::close(client);
    return;
  }
  connections_.push_back({{client, server, {}}, {server, client, {}}});
}

void RelayThread::run() {
  while (!ends_) {
    std::vector<pollfd> waits{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [there, back] : connections_) {
      // One end's bytes are read when the other one has taken those before.
      const auto wanted = [](const Way& in, const Way& out) {
        return static_cast<short>((in.waiting.empty() ? POLLIN : 0) |
                                  (out.waiting.empty() ? 0 : POLLOUT));
      };
      waits.push_back({there.from, wanted(there, back), 0});
      waits.push_back({back.from, wanted(back, there), 0});
    }
    if (poll(waits.data(), waits.size(), -1) < 0) continue;
    eventfd_t woken = 0;
    if (waits[0].revents != 0) static_cast<void>(eventfd_read(wake_, &woken));
    std::size_t i = 2;
    for (auto each = connections_.begin(); each != connections_.end(); i += 2) {
      auto& [there, back] = *each;
      const short client = waits[i].revents;
      const short server = waits[i + 1].revents;
      if (!cut_ && move(client, server, there.from, there.to, there.waiting) &&
          move(server, client, back.from, back.to, back.waiting)) {
        ++each;
        continue;
      }
      ::close(there.from);
      ::close(there.to);
      each = connections_.erase(each);
    }
    if (waits[1].revents != 0) accept_one();
  }
  for (const auto& [there, back] : connections_) {
    ::close(there.from);
    ::close(there.to);
  }
}

}  // namespace shop
