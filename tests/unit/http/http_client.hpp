#pragma once

// A client that sends exactly the bytes it is given and parses what comes back.

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace eventcore::http {

/// One connection. What fails gives status 0.
class HttpClient {
 public:
  using Message = boost::beast::http::response<boost::beast::http::string_body>;

  explicit HttpClient(std::uint16_t port) : socket_(io_) {
    boost::system::error_code error;
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port}, error);
    EXPECT_FALSE(error) << error.message();
  }

  /// Sends `bytes`; false if the server has gone.
  bool send(std::string_view bytes) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
    return !error;
  }

  /// Reads one response. Blocking: until it is complete or the server closes.
  Message receive(bool to_head = false) {
    boost::beast::http::response_parser<boost::beast::http::string_body> parser;
    parser.skip(to_head);
    boost::system::error_code error;
    boost::beast::http::read(socket_, buffer_, parser, error);
    if (error) {
      Message nothing;
      nothing.result(0U);
      return nothing;
    }
    return parser.release();
  }

  Message get(std::string_view target, std::string_view method = "GET") {
    send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return receive(method == "HEAD");
  }

  /// Says that nothing more will be sent, and goes on reading.
  void finish_sending() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }

  /// Reads one byte; false if the server has closed.
  bool take_byte() {
    char byte = 0;
    boost::system::error_code error;
    return socket_.read_some(boost::asio::buffer(&byte, 1), error) == 1;
  }

  /// The next byte; nothing if the server has closed.
  std::optional<char> read_byte() {
    if (buffer_.size() == 0) {
      boost::system::error_code error;
      buffer_.commit(socket_.read_some(buffer_.prepare(65'536), error));
      if (error || buffer_.size() == 0) return std::nullopt;
    }
    const char byte = *static_cast<const char*>(buffer_.data().data());
    buffer_.consume(1);
    return byte;
  }

  /// Takes whatever comes until the server closes.
  void take_rest() {
    std::string bytes(std::size_t{1024} * 1024, '\0');
    boost::system::error_code error;
    while (!error) socket_.read_some(boost::asio::buffer(bytes), error);
  }

  /// Waits for the server to close the connection; true if nothing else came.
  bool is_closed() {
    char byte = 0;
    boost::system::error_code error;
    return buffer_.size() == 0 && socket_.read_some(boost::asio::buffer(&byte, 1), error) == 0;
  }

  std::string local_endpoint() const {
    return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port());
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace eventcore::http
