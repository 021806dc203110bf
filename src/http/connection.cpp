#include "connection.hpp"

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "server_core.hpp"
#include "wire_text.hpp"

namespace eventcore::http::detail {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::request_parser<beast::http::string_body>;
using WireResponse = beast::http::response<beast::http::string_body>;

constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kDrainBytesMax = std::size_t{4} * 1024 * 1024;
constexpr auto kDrainTimeout = std::chrono::milliseconds(1'000);
constexpr auto kStoppingDrainTimeout = std::chrono::milliseconds(100);
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::optional<Method> method_of(beast::http::verb verb) {
  switch (verb) {
    case beast::http::verb::get:
      return Method::Get;
    case beast::http::verb::head:
      return Method::Head;
    case beast::http::verb::post:
      return Method::Post;
    case beast::http::verb::put:
      return Method::Put;
    case beast::http::verb::patch:
      return Method::Patch;
    case beast::http::verb::delete_:
      return Method::Delete;
    case beast::http::verb::options:
      return Method::Options;
    default:
      return std::nullopt;
  }
}

/// The answer to a request that can't be read; nothing where nobody would read it.
std::optional<Response> answer_to(const error_code& error, const ServerOptions& options) {
  namespace http = beast::http;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return problem(431, "The request's header is larger than " +
                            std::to_string(options.header_bytes_max) + " bytes.");
  }
  if (error == http::error::body_limit) {
    return problem(413, "The request's body is larger than " +
                            std::to_string(options.body_bytes_max) + " bytes.");
  }
  const bool is_gone = error == http::error::end_of_stream || error == http::error::partial_message;
  const bool is_http = error.category() == error_code(http::error::bad_value).category();
  if (is_gone || !is_http) return std::nullopt;
  return problem(400, "The request is not valid HTTP.");
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
         std::to_string(endpoint.port());
}

bool may_be_sent(const Response& response) {
  return response.status >= 200 && response.status <= 599 &&
         is_safe({"Content-Type", response.content_type}) &&
         std::all_of(response.headers.begin(), response.headers.end(), is_safe);
}

/// Reads a request, has it served, writes the response, and again. The operation under way keeps
/// the connection alive; there always is one until it ends.
class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(tcp::socket socket, ServerCore& core) : core_(core), stream_(std::move(socket)) {
    error_code error;
    const tcp::endpoint peer = stream_.socket().remote_endpoint(error);
    if (!error) peer_ = text_of(peer);
    core_.enter(*this);
  }
  ~HttpConnection() override { core_.leave(*this); }

  void await_request();
  void turn_away();
  void finish_up() override;
  void cut_off() override { stream_.close(); }

 private:
  void read_header();
  void on_header(const error_code& error);
  void read_body();
  void on_request(const error_code& error);
  [[nodiscard]] std::optional<Response> take_request();
  void run_handler();
  void respond(Response response);
  void on_written();
  void drain();

  ServerCore& core_;
  beast::tcp_stream stream_;
  std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<WireResponse> wire_;
  Request request_;
  RequestRecord record_;
  Instant began_{};
  std::size_t drained_bytes_ = 0;
  bool is_idle_ = false;  // no request is under way
  bool close_after_ = false;
  bool has_unread_ = false;  // the client may still be sending what is not wanted
};

void HttpConnection::await_request() {
  request_ = {};
  record_ = {};
  if (buffer_.size() > 0) return read_header();
  is_idle_ = true;
  stream_.expires_after(core_.options.idle_timeout);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            self->is_idle_ = false;
                            if (error) return;
                            self->buffer_.commit(bytes);
                            self->read_header();
                          });
}

void HttpConnection::read_header() {
  began_ = system_clock().now();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(core_.options.header_bytes_max));
  parser_->body_limit(core_.options.body_bytes_max);
  stream_.expires_after(core_.options.read_timeout);
  beast::http::async_read_header(
      stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t bytes) {
        // The parser's limit holds for the request line and for the fields one by one.
        const bool is_large = !error && bytes > self->core_.options.header_bytes_max;
        self->on_header(is_large ? beast::http::error::header_limit : error);
      });
}

void HttpConnection::on_header(const error_code& error) {
  const bool expects = !error && !parser_->is_done() &&
                       beast::iequals(parser_->get()[beast::http::field::expect], "100-continue");
  if (!expects) return error ? on_request(error) : read_body();
  asio::async_write(stream_, asio::buffer(kContinue),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      if (!failed) self->read_body();
                    });
}

void HttpConnection::read_body() {
  beast::http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, std::size_t) { self->on_request(error); });
}

void HttpConnection::on_request(const error_code& error) {
  if (error) {
    close_after_ = true;
    has_unread_ = true;
    if (auto answer = answer_to(error, core_.options)) respond(*std::move(answer));
    return;
  }
  close_after_ = close_after_ || core_.is_stopping() || !parser_->keep_alive();
  if (auto refused = take_request()) return respond(*std::move(refused));
  run_handler();
}

/// Moves what the parser read into `request_`; or says why it is refused.
std::optional<Response> HttpConnection::take_request() {
  auto message = parser_->release();
  const std::optional<Method> method = method_of(message.method());
  record_.method = method;
  record_.request_bytes = message.body().size();
  if (method) request_.method = *method;
  if (message.version() >= 11 && message.count(beast::http::field::host) != 1) {
    return problem(400, "The request needs one Host header.");
  }
  if (!method) return problem(501, "The server does not know this method.");
  request_.target = message.target();
  request_.peer = peer_;
  for (const auto& field : message) {
    request_.headers.push_back({field.name_string(), field.value()});
  }
  request_.body = std::move(message.body());
  return std::nullopt;
}

void HttpConnection::run_handler() {
  asio::post(core_.workers(), [self = shared_from_this()]() mutable {
    Response response = self->core_.router.serve(self->request_);
    asio::io_context& io = self->core_.io();
    asio::post(io, [self = std::move(self), response = std::move(response)]() mutable {
      self->record_.route = self->request_.route;
      self->respond(std::move(response));
    });
  });
}

void HttpConnection::respond(Response response) {
  if (!may_be_sent(response)) {
    response = problem(500, "The server made a response that is not valid HTTP.");
  }
  const bool has_body = response.status != 204 && response.status != 304;
  record_.status = response.status;
  record_.response_bytes = has_body ? response.body.size() : 0;
  close_after_ = close_after_ || core_.is_stopping();

  wire_.emplace(static_cast<beast::http::status>(response.status), 11);
  wire_->set(beast::http::field::date, http_date(std::time(nullptr)));
  for (const Header& header : response.headers) wire_->insert(header.name, header.value);
  if (has_body) {
    wire_->set(beast::http::field::content_type, response.content_type);
    wire_->content_length(response.body.size());
    if (request_.method != Method::Head) wire_->body() = std::move(response.body);
  }
  wire_->keep_alive(!close_after_);
  stream_.expires_after(core_.options.write_timeout);
  beast::http::async_write(stream_, *wire_,
                           [self = shared_from_this()](error_code error, std::size_t) {
                             if (error) self->stream_.close();
                             self->on_written();
                           });
}

void HttpConnection::on_written() {
  wire_.reset();
  record_.duration = system_clock().now() - began_;
  if (core_.options.on_request) core_.options.on_request(record_);
  if (!stream_.socket().is_open()) return;
  if (!close_after_) return await_request();
  // Closing with unread bytes resets the connection, and the client may lose the response.
  error_code ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  if (!has_unread_ && buffer_.size() == 0) return;
  stream_.expires_after(core_.is_stopping() ? kStoppingDrainTimeout : kDrainTimeout);
  is_idle_ = true;
  drain();
}

void HttpConnection::drain() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            self->drained_bytes_ += bytes;
                            if (!error && self->drained_bytes_ < kDrainBytesMax) self->drain();
                          });
}

void HttpConnection::turn_away() {
  began_ = system_clock().now();
  close_after_ = true;
  has_unread_ = true;
  Response response = problem(503, "The server has too many connections.");
  response.headers.push_back({"Retry-After", "1"});
  respond(std::move(response));
}

void HttpConnection::finish_up() {
  close_after_ = true;
  if (is_idle_) stream_.close();
}

}  // namespace

void serve_connection(tcp::socket socket, ServerCore& core) {
  std::make_shared<HttpConnection>(std::move(socket), core)->await_request();
}

void turn_away_connection(tcp::socket socket, ServerCore& core) {
  std::make_shared<HttpConnection>(std::move(socket), core)->turn_away();
}

}  // namespace eventcore::http::detail
