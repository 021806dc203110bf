#pragma once

/// \file
/// `RelayThread`: a way to PostgreSQL that can be cut.

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include <eventcore/result.hpp>

namespace shop {

/// Owns a thread that passes on the bytes of TCP connections to a loopback port. Cut, it ends them
/// all and every new one at once, as a server does that goes away.
/// Thread-safety: Thread-safe.
class RelayThread {
 public:
  /// To `host:port`, or to a socket in the folder `host`. Errors: Unavailable (no port).
  [[nodiscard]] static eventcore::Result<std::unique_ptr<RelayThread>> open(std::string host,
                                                                            std::string port);
  RelayThread(const RelayThread&) = delete;
  RelayThread& operator=(const RelayThread&) = delete;
  ~RelayThread();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  void cut(bool cut);

 private:
  /// What one end has sent and the other one has not taken yet.
  struct Way {
    int from = -1;
    int to = -1;
    std::string waiting;
  };
  struct Connection {
    Way there;
    Way back;
  };

  RelayThread(std::string host, std::string port)
      : host_(std::move(host)), name_(std::move(port)) {}
  [[nodiscard]] bool listen();
  void wake() const;
  void run();
  void accept_one();
  [[nodiscard]] int connect() const;

  const std::string host_;
  const std::string name_;
  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> cut_ = false;
  std::atomic<bool> ends_ = false;
  std::list<Connection> connections_;  // confined to the thread
  std::thread thread_;
};

}  // namespace shop
