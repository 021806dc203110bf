#include "viewers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string_view>

#include "workload.hpp"

namespace eventcore::bench {

namespace {

constexpr int kViewersMax = 64;

/// A connection that has asked for the live stream and got an answer; -1: it did not work. Only
/// what is allowed between the fork and the end of a child.
int follow(std::uint16_t port) noexcept {
  constexpr std::string_view request = "GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  char head[12] = {};
  const bool answered =
      connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      write(connection, request.data(), request.size()) == static_cast<ssize_t>(request.size()) &&
      recv(connection, head, sizeof head, MSG_WAITALL) == sizeof head;
  return answered && std::string_view(head, sizeof head) == "HTTP/1.1 200" ? connection : -1;
}

/// Reads all that comes, until it is killed.
[[noreturn]] void watch(std::uint16_t port, int count, int ready) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::array<pollfd, kViewersMax> connections{};
  for (int i = 0; i < count; ++i) {
    const int connection = follow(port);
    if (connection < 0) _exit(1);
    connections[static_cast<std::size_t>(i)] = {connection, POLLIN, 0};
  }
  if (write(ready, "+", 1) != 1) _exit(1);
  static char text[65'536];
  while (poll(connections.data(), static_cast<nfds_t>(count), -1) > 0) {
    for (int i = 0; i < count; ++i) {
      const pollfd& one = connections[static_cast<std::size_t>(i)];
      if (one.revents != 0 && read(one.fd, text, sizeof text) <= 0) _exit(1);
    }
  }
  _exit(1);
}

}  // namespace

Viewers::Viewers(std::uint16_t port, int count) {
  int ends[2];
  if (count > kViewersMax || pipe(ends) != 0) give_up("no pipe for the viewers");
  process_ = fork();
  if (process_ < 0) give_up("no process for the viewers");
  if (process_ == 0) watch(port, count, ends[1]);
  close(ends[1]);
  char ready = 0;
  const bool follow = read(ends[0], &ready, 1) == 1;
  close(ends[0]);
  if (!follow) give_up("the viewers can't follow the console");
}

Viewers::~Viewers() {
  // They follow to the end, or what was measured was less.
  if (waitpid(process_, nullptr, WNOHANG) != 0) give_up("the viewers have lost the console");
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

}  // namespace eventcore::bench
