#include "loopback_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

namespace eventcore::testing {

namespace {

constexpr int kFirst = 15'000;
constexpr int kLast = 31'999;

// Takes the number by a name that the system frees when the process ends; -1: somebody has it.
int reserve(int number) {
  const std::string name = "eventcore-port-" + std::to_string(number);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // after a NUL: no file
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(file, reinterpret_cast<const sockaddr*>(&address), length) == 0) return file;
  close(file);
  return -1;
}

bool is_free(int number) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(number));
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int reuse = 1;
  setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  const bool free = bind(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(file);
  return free;
}

}  // namespace

LoopbackPort::LoopbackPort() {
  std::random_device random;
  for (int attempt = 0; attempt < 1'000; ++attempt) {
    number_ = std::uniform_int_distribution(kFirst, kLast)(random);
    reservation_ = reserve(number_);
    if (reservation_ >= 0 && is_free(number_)) return;
    if (reservation_ >= 0) close(reservation_);
  }
  throw std::runtime_error("no port is free");
}

LoopbackPort::~LoopbackPort() { close(reservation_); }

}  // namespace eventcore::testing
