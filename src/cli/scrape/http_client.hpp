#pragma once

/// \file
/// `HttpClient` gets pages from a service, with libcurl.

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "eventcore/result.hpp"

namespace eventcore::cli {

struct HttpClientOptions {
  std::chrono::milliseconds timeout{5'000};  ///< Of one request, the connection included.
  std::size_t body_bytes_max = std::size_t{32} << 20;
  std::string bearer_token = {};  ///< Sent if not empty.
};

struct HttpReply {
  long status = 0;
  std::string body;
};

/// Keeps its connection from one request to the next. Thread-safety: One thread at a time.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// What is at `url`; redirections are not followed. Errors: InvalidArgument (no URL of HTTP),
  /// Unavailable (nobody answers, not in time, or with too much), Cancelled (by `stop`).
  /// Blocking: until `timeout` or `stop`.
  [[nodiscard]] Result<HttpReply> get(const std::string& url, const std::stop_token& stop);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

/// `url` with `path` behind it if it has none: `http://host:9464` becomes
/// `http://host:9464/metrics`. Errors: InvalidArgument (no absolute URL of HTTP).
[[nodiscard]] Result<std::string> with_path(const std::string& url, const std::string& path);

}  // namespace eventcore::cli
