#pragma once

// A collector in the test's process, which answers as the test says. What an independent decoder
// makes of our requests is tested in tests/integration/otlp.

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace eventcore::testing {

struct CollectorRequest {
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // as sent
};

/// What is sent back, byte by byte; nothing: never an answer.
using CollectorAnswer = std::optional<std::string>;

[[nodiscard]] std::string http_answer(int status, const std::string& headers = "",
                                      const std::string& body = "");

/// Listens from construction to destruction. Thread-safety: Thread-safe.
class FakeCollector {
 public:
  using Behaviour = std::function<CollectorAnswer(const CollectorRequest&)>;

  /// On 127.0.0.1; port 0: a free one. Without a behaviour it accepts everything.
  explicit FakeCollector(int port = 0, Behaviour behaviour = {});
  FakeCollector(const FakeCollector&) = delete;
  FakeCollector& operator=(const FakeCollector&) = delete;
  ~FakeCollector();

  [[nodiscard]] int port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void behave(Behaviour behaviour);

  [[nodiscard]] std::vector<CollectorRequest> requests() const;
  /// Waits until `count` requests have come.
  void wait_for_requests(std::size_t count) const;

 private:
  void run();
  void serve(int connection);
  [[nodiscard]] bool wait_for_bytes(int socket) const;

  int listener_ = -1;
  int stop_ = -1;  // an eventfd: readable from the beginning of the end
  int port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable came_;
  Behaviour behaviour_;
  std::vector<CollectorRequest> requests_;
  std::thread thread_;
};

}  // namespace eventcore::testing
