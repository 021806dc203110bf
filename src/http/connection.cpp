#include "connection.hpp"

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "request_rules.hpp"
#include "server_core.hpp"
#include "stream_connection.hpp"
#include "wire_text.hpp"

namespace eventcore::http::detail {
namespace {

namespace beast = boost::beast;
using WireResponse = beast::http::response<beast::http::string_body>;

constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kBodyReadBytes = 65'536;
/// What may stand around each byte of a chunked body, so that chunks of one byte are taken.
constexpr std::size_t kFramingPerByte = 8;
constexpr std::size_t kDrainBytesMax = std::size_t{4} * 1024 * 1024;
constexpr auto kDrainTimeout = std::chrono::milliseconds(1'000);
constexpr auto kStoppingDrainTimeout = std::chrono::milliseconds(100);
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

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

/// Clients may send them between requests, where they begin none.
void skip_blank_lines(beast::flat_buffer& buffer) {
  const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
  buffer.consume(std::min(text.find_first_not_of("\r\n"), text.size()));
}

/// Reads a request, has it served, writes the response, and again. The operation under way keeps
/// the connection alive; there always is one until it ends.
class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(tcp::socket socket, ServerCore& core)
      : core_(core),
        stream_(std::move(socket)),
        read_timer_(stream_.get_executor()),
        buffer_(std::max(kReadBytes, header_bytes_max(core.options))) {
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
  void leave_stream() noexcept override {}

 private:
  void read_first_bytes();
  void read_header();
  void on_header(const error_code& error);
  [[nodiscard]] std::optional<Response> take_header();
  void read_body();
  [[nodiscard]] error_code parse_body();
  void start_read_timer();
  void on_unreadable(const error_code& error);
  void on_request();
  void run_handler();
  void respond(Response response);
  void follow(const Response& response);
  void on_written();
  void drain();

  ServerCore& core_;
  beast::tcp_stream stream_;
  asio::steady_timer read_timer_;  // the stream's own would close it, and with it the answer's way
  std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<WireResponse> wire_;
  Request request_;
  RequestRecord record_;
  Instant began_{};
  Instant completed_{};
  std::size_t framed_bytes_ = 0;  // of the body with what is around it
  std::size_t drained_bytes_ = 0;
  bool is_reading_ = false;
  bool is_in_body_ = false;
  bool is_late_ = false;
  bool is_idle_ = false;  // no request is under way
  bool close_after_ = false;
  bool has_unread_ = false;  // the client may still be sending what is not wanted
};

void HttpConnection::await_request() {
  request_ = {};
  record_ = {};
  completed_ = {};
  core_.hold(*this, 0);
  core_.wait_for_client(*this);
  stream_.expires_after(core_.options.idle_timeout);
  read_first_bytes();
}

void HttpConnection::read_first_bytes() {
  skip_blank_lines(buffer_);
  if (buffer_.size() > 0) return read_header();
  is_idle_ = true;
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            self->is_idle_ = false;
                            if (error) return;
                            self->buffer_.commit(bytes);
                            self->read_first_bytes();
                          });
}

void HttpConnection::start_read_timer() {
  is_reading_ = true;
  stream_.expires_never();
  read_timer_.expires_after(core_.options.read_timeout);
  read_timer_.async_wait([weak = weak_from_this()](const error_code& error) {
    const std::shared_ptr<HttpConnection> self = weak.lock();
    if (error || !self || !self->is_reading_) return;
    // It was started anew for another request after this call was due.
    if (self->read_timer_.expiry() > std::chrono::steady_clock::now()) return;
    self->is_late_ = true;
    self->stream_.cancel();
  });
}

void HttpConnection::read_header() {
  began_ = system_clock().now();
  is_in_body_ = false;
  framed_bytes_ = 0;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(header_bytes_max(core_.options)));
  parser_->body_limit(core_.options.body_bytes_max);
  start_read_timer();
  beast::http::async_read_header(
      stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t bytes) {
        // The parser's limit holds for the request line and for the fields one by one.
        const bool is_large = !error && bytes > header_bytes_max(self->core_.options);
        self->on_header(is_large ? beast::http::error::header_limit : error);
      });
}

void HttpConnection::on_header(const error_code& error) {
  if (error) return on_unreadable(error);
  if (!stream_.socket().is_open()) return;  // dropped, while the last bytes came in
  if (auto refused = take_header()) {
    is_reading_ = false;
    has_unread_ = !parser_->is_done();
    close_after_ = true;  // where the next request begins is a matter of opinion
    return respond(*std::move(refused));
  }
  is_in_body_ = true;
  const bool expects = parser_->get().version() >= 11 && !parser_->is_done() &&
                       parser_->get().count(beast::http::field::expect) > 0;
  if (!expects) return read_body();
  asio::async_write(stream_, asio::buffer(kContinue),
                    [self = shared_from_this()](error_code failed, std::size_t) {
                      if (!failed) self->read_body();
                    });
}

/// Moves what the header says into `request_`, before trailers can add to it; or says why the
/// request is refused.
std::optional<Response> HttpConnection::take_header() {
  const auto& header = parser_->get().base();
  const std::optional<Method> method = method_of(header.method());
  record_.method = method;
  if (method) request_.method = *method;
  if (auto refused = refuse_header(parser_->get())) return refused;
  if (!method) return problem(501, "The server does not know this method.");
  request_.target = header.target();
  request_.version = header.version() == 10 ? "1.0" : "1.1";
  request_.peer = peer_;
  for (const auto& field : header) {
    request_.headers.push_back({field.name_string(), field.value()});
  }
  return std::nullopt;
}

void HttpConnection::read_body() {
  parser_->eager(true);
  if (const error_code error = parse_body()) return on_unreadable(error);
  if (!core_.hold(*this, parser_->get().body().size())) {
    is_reading_ = false;
    close_after_ = true;
    has_unread_ = true;
    return respond(busy("The server holds as much as it may."));
  }
  if (parser_->is_done()) return on_request();
  // Of chunks, the buffer is the limit of one piece.
  const std::size_t space = buffer_.max_size() - buffer_.size();
  if (space == 0) return on_unreadable(beast::http::error::buffer_overflow);
  stream_.async_read_some(buffer_.prepare(std::min(space, kBodyReadBytes)),
                          [self = shared_from_this()](error_code error, std::size_t bytes) {
                            if (error) return self->on_unreadable(error);
                            if (!self->stream_.socket().is_open()) return;  // dropped meanwhile
                            self->buffer_.commit(bytes);
                            self->read_body();
                          });
}

/// Takes what has come. Beast would read on by itself for as long as what comes ends inside of a
/// chunk's header, and what surrounds chunks has a limit too.
error_code HttpConnection::parse_body() {
  error_code error;
  while (!error && !parser_->is_done() && buffer_.size() > 0) {
    const std::size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    framed_bytes_ += used;
  }
  if (error && error != beast::http::error::need_more) return error;
  const std::size_t body = parser_->get().body().size();
  const std::size_t framing = framed_bytes_ - body;
  if (framing / kFramingPerByte > body && framing > header_bytes_max(core_.options)) {
    return beast::http::error::buffer_overflow;
  }
  return {};
}

void HttpConnection::on_unreadable(const error_code& error) {
  is_reading_ = false;
  close_after_ = true;
  has_unread_ = true;
  const error_code reason = is_late_ ? beast::error::timeout : error;
  if (is_late_) core_.count_dropped();
  if (auto answer = answer_to(reason, is_in_body_, core_.options)) respond(*std::move(answer));
}

void HttpConnection::on_request() {
  is_reading_ = false;
  read_timer_.cancel();
  if (!stream_.socket().is_open()) return;  // dropped, while the last bytes came in
  core_.stop_waiting(*this);
  completed_ = system_clock().now();
  close_after_ = close_after_ || core_.is_stopping() || !parser_->keep_alive();
  request_.body = std::move(parser_->get().body());
  record_.request_bytes = request_.body.size();
  run_handler();
}

void HttpConnection::run_handler() {
  asio::post(core_.workers(), [self = shared_from_this()]() mutable {
    Response response = self->core_.router.serve(self->request_);
    asio::io_context& io = self->core_.io();
    asio::post(io, [self = std::move(self), response = std::move(response)]() mutable {
      self->record_.route = self->request_.route;
      self->record_.handling = system_clock().now() - self->completed_;
      self->respond(std::move(response));
    });
  });
}

void HttpConnection::respond(Response response) {
  if (!may_be_sent(response)) {
    response = problem(500, "The server made a response that is not valid HTTP.");
  }
  const bool has_body = response.status != 204 && response.status != 304;
  request_.body = {};
  parser_.reset();
  core_.wait_for_client(*this);
  core_.hold(*this, response.body.size());
  record_.status = response.status;
  record_.response_bytes = has_body ? response.body.size() : 0;
  close_after_ = close_after_ || core_.is_stopping();
  if (response.stream != nullptr && request_.method != Method::Head) return follow(response);

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
                             if (error == beast::error::timeout) self->core_.count_dropped();
                             if (error) self->stream_.close();
                             self->on_written();
                           });
}

/// Another connection takes the socket over.
void HttpConnection::follow(const Response& response) {
  record_.duration = system_clock().now() - began_;
  if (core_.options.on_request) core_.options.on_request(record_);
  if (!stream_.socket().is_open()) return;  // dropped meanwhile
  follow_broadcast(std::move(stream_), stream_head(response), response.stream, core_);
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
  respond(busy("The server has too many connections."));
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
