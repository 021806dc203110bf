#pragma once

/// \file
/// `HttpClient`: one keep-alive connection to one server, enough HTTP/1.1 for the shop's API. Each
/// request is a span `http_client`, which the server's continues.

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eventcore/result.hpp>

namespace shop {

/// Where a server is: the parts of `http://host:port`.
struct HttpAddress {
  std::string host;
  std::string port;

  /// Errors: InvalidArgument.
  [[nodiscard]] static eventcore::Result<HttpAddress> parse(std::string_view url);
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

/// Connects when it has to and again after a failure. Thread-safety: One thread at a time.
/// Blocking: up to ten seconds for each step of a request.
class HttpClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  explicit HttpClient(HttpAddress address) : address_(std::move(address)) {}
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient() { disconnect(); }

  /// Errors: Unavailable (no connection, or no proper answer).
  [[nodiscard]] eventcore::Result<HttpAnswer> get(std::string_view path);
  /// A repeated request with the same `Idempotency-Key` has one effect.
  [[nodiscard]] eventcore::Result<HttpAnswer> post(std::string_view path, std::string_view body,
                                                   const Headers& headers);

 private:
  eventcore::Result<HttpAnswer> traced(std::string_view method, std::string_view path,
                                       Headers headers, std::string_view rest);
  eventcore::Result<HttpAnswer> exchange(const std::string& request);
  eventcore::Result<void> connect();
  void disconnect() noexcept;
  bool send_all(std::string_view bytes);
  /// Receives into `buffer_`; false at the end of the connection.
  bool receive_more();
  eventcore::Result<HttpAnswer> receive_answer();

  const HttpAddress address_;
  int socket_ = -1;
  std::string buffer_;  ///< Received and not used yet.
};

}  // namespace shop
