#include "fake_collector.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace eventcore::testing {
namespace {

/// The request that `bytes` begins with, once it is complete; takes it off.
std::optional<CollectorRequest> take_request(std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  CollectorRequest request;
  std::size_t line = bytes.find("\r\n");
  const std::size_t path = bytes.find(' ') + 1;
  request.path = bytes.substr(path, bytes.find(' ', path) - path);
  while (line < end) {
    const std::size_t begin = line + 2;
    line = bytes.find("\r\n", begin);
    std::string name = bytes.substr(begin, bytes.find(':', begin) - begin);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t value = bytes.find_first_not_of(' ', begin + name.size() + 1);
    request.headers[name] = value < line ? bytes.substr(value, line - value) : "";
  }
  const std::size_t length = std::stoul(request.headers["content-length"]);
  if (bytes.size() < end + 4 + length) return std::nullopt;
  request.body = bytes.substr(end + 4, length);
  bytes.erase(0, end + 4 + length);
  return request;
}

}  // namespace

std::string http_answer(int status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " as told\r\n" + headers +
         "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

FakeCollector::FakeCollector(int port, Behaviour behaviour) : behaviour_(std::move(behaviour)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = eventfd(0, EFD_CLOEXEC);
  const int reuse = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 8) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for the collector");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FakeCollector::~FakeCollector() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(listener_);
  close(stop_);
}

void FakeCollector::behave(Behaviour behaviour) {
  const std::lock_guard lock(mutex_);
  behaviour_ = std::move(behaviour);
}

std::vector<CollectorRequest> FakeCollector::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeCollector::wait_for_requests(std::size_t count) const {
  std::unique_lock lock(mutex_);
  came_.wait(lock, [&] { return requests_.size() >= count; });
}

void FakeCollector::run() {
  while (wait_for_bytes(listener_)) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve(connection);
    close(connection);
  }
}

void FakeCollector::serve(int connection) {
  std::string bytes;
  char buffer[64 * 1024];
  for (;;) {
    while (auto request = take_request(bytes)) {
      Behaviour behaviour;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(*request);
        behaviour = behaviour_;
        came_.notify_all();
      }
      const CollectorAnswer answer = behaviour ? behaviour(*request) : http_answer(200);
      if (!answer) {
        // Silence, until the client or the test gives up.
        while (wait_for_bytes(connection) && recv(connection, buffer, sizeof buffer, 0) > 0) {
        }
        return;
      }
      if (send(connection, answer->data(), answer->size(), MSG_NOSIGNAL) < 0) return;
      if (!answer->starts_with("HTTP/1.1")) return;
    }
    if (!wait_for_bytes(connection)) return;
    const ssize_t got = recv(connection, buffer, sizeof buffer, 0);
    if (got <= 0) return;
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
}

bool FakeCollector::wait_for_bytes(int socket) const {
  pollfd both[] = {{socket, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (poll(both, 2, -1) < 0) {
  }
  return both[1].revents == 0;
}

}  // namespace eventcore::testing
