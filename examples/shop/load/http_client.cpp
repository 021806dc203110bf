#include "load/http_client.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <memory>
#include <optional>

#include <eventcore/tracing/http_spans.hpp>

namespace shop {

namespace {

using eventcore::ErrorCode;
using eventcore::make_error;

constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024 * 1024;

eventcore::Error unavailable(std::string message) {
  return make_error(ErrorCode::Unavailable, std::move(message));
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The value of a header in `head`, the text up to the empty line; names are in lower case.
std::string_view header(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    const bool same = std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
      return a == static_cast<char>(std::tolower(static_cast<unsigned char>(b)));
    });
    if (!same) continue;
    std::string_view value = line.substr(name.size() + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    while (value.ends_with(' ')) value.remove_suffix(1);
    return value;
  }
  return {};
}

}  // namespace

eventcore::Result<HttpAddress> HttpAddress::parse(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) {
    return make_error(ErrorCode::InvalidArgument, "the URL does not begin with http://");
  }
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t colon = url.rfind(':');
  HttpAddress address{std::string(url.substr(0, colon)), "80"};
  if (colon != std::string_view::npos) address.port = url.substr(colon + 1);
  const auto port = number(address.port);
  if (address.host.empty() || url.find('/') != std::string_view::npos || !port || *port > 65'535) {
    return make_error(ErrorCode::InvalidArgument, "the URL is not http://HOST:PORT");
  }
  return address;
}

eventcore::Result<HttpAnswer> HttpClient::get(std::string_view path) {
  return traced("GET", path, {}, "\r\n");
}

eventcore::Result<HttpAnswer> HttpClient::post(std::string_view path, std::string_view body,
                                               const Headers& headers) {
  return traced("POST", path, headers,
                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + std::string(body));
}

eventcore::Result<HttpAnswer> HttpClient::traced(std::string_view method, std::string_view path,
                                                 Headers headers, std::string_view rest) {
  const std::string host = address_.host + ":" + address_.port;
  eventcore::HttpClientSpan span(
      method, "http://" + host + std::string(path),
      [&](std::string_view name, std::string_view value) { headers.emplace_back(name, value); });
  std::string request(method);
  request.append(" ").append(path).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  auto answer = exchange(request.append(rest));
  if (answer) {
    span.response(static_cast<std::uint16_t>(answer->status));
  } else {
    span.fail(answer.error());
  }
  return answer;
}

eventcore::Result<HttpAnswer> HttpClient::exchange(const std::string& request) {
  const bool reused = socket_ >= 0;
  if (!reused) {
    if (auto connected = connect(); !connected) return connected.error();
  }
  auto answer = send_all(request) ? receive_answer() : unavailable("the connection was lost");
  if (answer || !reused) {
    if (!answer) disconnect();
    return answer;
  }
  // The server may have closed an idle connection. All requests can be repeated: reads by nature,
  // the others by their keys.
  disconnect();
  if (auto connected = connect(); !connected) return connected.error();
  answer = send_all(request) ? receive_answer() : unavailable("the connection was lost");
  if (!answer) disconnect();
  return answer;
}

eventcore::Result<void> HttpClient::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address_.host.c_str(), address_.port.c_str(), &hints, &found) != 0) {
    return unavailable("the host " + address_.host + " is not known");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    socket_ = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);
    if (socket_ < 0) continue;
    const timeval timeout{10, 0};
    const int on = 1;
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, address->ai_addr, address->ai_addrlen) == 0) return {};
    disconnect();
  }
  return unavailable("nothing listens at " + address_.host + ":" + address_.port);
}

void HttpClient::disconnect() noexcept {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  buffer_.clear();
}

bool HttpClient::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool HttpClient::receive_more() {
  std::array<char, 16'384> bytes;
  const ssize_t received = recv(socket_, bytes.data(), bytes.size(), 0);
  if (received <= 0 || buffer_.size() > kAnswerBytesMax) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(received));
  return true;
}

eventcore::Result<HttpAnswer> HttpClient::receive_answer() {
  std::size_t head_end = std::string::npos;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive_more()) return unavailable("the connection was lost");
  }
  const std::string head = buffer_.substr(0, head_end);
  const auto status = head.size() < 12 ? std::nullopt : number(head.substr(9, 3));
  const auto length = number(header(head, "content-length"));
  if (!head.starts_with("HTTP/1.") || !status || !length || *length > kAnswerBytesMax) {
    return unavailable("the answer is not what this client understands");
  }
  const std::size_t end = head_end + 4 + *length;
  while (buffer_.size() < end) {
    if (!receive_more()) return unavailable("the connection was lost");
  }
  HttpAnswer answer{static_cast<unsigned>(*status), buffer_.substr(head_end + 4, *length)};
  buffer_.erase(0, end);
  if (header(head, "connection") == "close") disconnect();
  return answer;
}

}  // namespace shop
