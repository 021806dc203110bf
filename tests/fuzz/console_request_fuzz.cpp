// Whatever a client sends to a server with a console: it is answered or closed, no handler fails,
// and the server goes on. The first byte of an input chooses a method for the target in the rest,
// with a body behind its first end of line; or the rest is sent as it is.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "eventcore/console/console.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/write_batch.hpp"

namespace {

using namespace eventcore;

/// A console on a store with an event.
class Service {
 public:
  Service() {
    WriteBatch batch;
    batch.info.command_type = "note";
    batch.add_stream(StreamId::literal("order-1"), ExpectedVersion::any());
    batch.add_event(0, "Noted", 1, R"({"text":"<b>"})");
    if (!store_->append(batch)) std::abort();
    monitor_->capture_snapshot();
    console_.mount(server_);
    if (!server_.start()) std::abort();
    console_.start();
    console_.attach(*store_);
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); }

 private:
  static void look(const http::RequestRecord& request) {
    if (request.status == 500) std::abort();
  }

  std::shared_ptr<observability::MetricsService> metrics_ =
      std::make_shared<observability::MetricsService>();
  std::shared_ptr<monitor::PerformanceMonitor> monitor_ =
      std::make_shared<monitor::PerformanceMonitor>(metrics_);
  std::shared_ptr<monitor::FlightRecorder> recorder_ = std::make_shared<monitor::FlightRecorder>();
  std::unique_ptr<EventStore> store_ = open_memory_store({.probe = metrics_});
  console::Console console_{{.metrics = metrics_,
                             .monitor = monitor_,
                             .recorder = recorder_,
                             .log_filter = [] { return std::string("info"); },
                             .set_log_filter = [](std::string_view) { return Result<void>{}; },
                             .show_payloads = true}};
  http::Server server_{{.listen = "127.0.0.1:0", .on_request = &look}};
};

/// Sends `request` and reads what comes, until the server closes or is silent for a second: a live
/// stream goes on.
std::string exchange(std::uint16_t port, std::string_view request) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{1, 0};
  if (connection < 0 ||
      setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::abort();  // the server is gone
  }
  std::string answer;
  // The server may close before it has read all.
  static_cast<void>(send(connection, request.data(), request.size(), MSG_NOSIGNAL));
  shutdown(connection, SHUT_WR);
  std::array<char, 16'384> part{};
  for (ssize_t got = 0; (got = recv(connection, part.data(), part.size(), 0)) > 0;) {
    answer.append(part.data(), static_cast<std::size_t>(got));
    if (answer.find("text/event-stream") != answer.npos) break;
  }
  close(connection);
  return answer;
}

std::string request_of(std::string_view method, std::string_view rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view body = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  std::string request(method);
  request.append(" ").append(rest.substr(0, end)).append(" HTTP/1.1\r\nHost: localhost\r\n");
  request.append("Content-Type: application/json\r\nContent-Length: ");
  request.append(std::to_string(body.size())).append("\r\nConnection: close\r\n\r\n");
  return request.append(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Service service;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::array<std::string_view, 3> kMethods{"GET", "POST", "HEAD"};
  const std::size_t choice = data[0] % (kMethods.size() + 1);
  const bool is_raw = choice == kMethods.size();
  const std::string answer =
      exchange(service.port(), is_raw ? std::string(rest) : request_of(kMethods[choice], rest));
  if (!answer.empty() && !answer.starts_with("HTTP/1.")) std::abort();
  return 0;
}
