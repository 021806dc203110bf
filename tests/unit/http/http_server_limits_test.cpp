// What a server puts up with: sizes, times, numbers of connections.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http_client.hpp"
#include "running_server.hpp"

namespace eventcore::http {
namespace {

using namespace std::chrono_literals;

TEST(HttpServer, LimitsHeaders) {
  Running running({.header_bytes_max = 1'000});
  running.start();
  const auto request = [](std::size_t bytes) {
    const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX-Long: ";
    return begin + std::string(bytes - begin.size() - 4, 'x') + "\r\n\r\n";
  };
  HttpClient within = running.client();
  within.send(request(1'000));
  EXPECT_EQ(within.receive().result_int(), 200U);
  HttpClient beyond = running.client();
  beyond.send(request(1'001));
  EXPECT_EQ(beyond.receive().result_int(), 431U);
  HttpClient endless = running.client();
  endless.send("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'));
  EXPECT_EQ(endless.receive().result_int(), 431U);
}

TEST(HttpServer, LimitsBodies) {
  Running running({.body_bytes_max = 1'000});
  running.start();
  HttpClient client = running.client();
  client.send(post(std::string(1'000, 'x')));
  EXPECT_EQ(client.receive().result_int(), 200U);
  client.send(post(std::string(1'001, 'x')));
  EXPECT_EQ(client.receive().result_int(), 413U);
  EXPECT_TRUE(client.is_closed());
  HttpClient huge = running.client();
  huge.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
  EXPECT_EQ(huge.receive().result_int(), 413U);
  HttpClient chunked = running.client();
  chunked.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
               std::string(2'000, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.receive().result_int(), 413U);
}

std::string chunked(std::string_view chunks) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
         std::string(chunks);
}

TEST(HttpServer, LimitsHeadersToWhatItCanHold) {
  Running running({.header_bytes_max = 1'000'000});
  running.start();
  for (const std::size_t bytes : {65'400U, 65'600U, 200'000U}) {
    HttpClient client = running.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(bytes, 'x') + "\r\n\r\n");
    EXPECT_EQ(client.receive().result_int(), bytes < 65'500 ? 200U : 431U) << bytes;
  }
}

TEST(HttpServer, LimitsTrailers) {
  Running running;
  running.start();
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "A: x\r\n";
  for (const std::string& trailers : {"A: " + std::string(65'600, 'x') + "\r\n", many}) {
    HttpClient client = running.client();
    client.send(chunked("0\r\n" + trailers + "\r\n"));
    EXPECT_EQ(client.receive().result_int(), 413U);
    EXPECT_TRUE(client.is_closed());
  }
  EXPECT_EQ(running.client().get("/").result_int(), 200U);
}

TEST(HttpServer, LimitsWhatIsAroundChunks) {
  Running running;
  running.start();
  std::string small_chunks;
  std::string extensions;
  for (int i = 0; i < 5'000; ++i) {
    small_chunks += "1\r\nx\r\n";
    extensions += "1;" + std::string(100, 'y') + "\r\nx\r\n";
  }
  const std::string end = "0\r\n\r\n";
  HttpClient within = running.client();
  within.send(chunked(small_chunks + end));
  EXPECT_EQ(within.receive().body(), "POST " + std::string(5'000, 'x'));
  within.send(chunked("5;a=b\r\nhello\r\n" + end));
  EXPECT_EQ(within.receive().body(), "POST hello");
  for (const std::string& chunks :
       {"5;a=" + std::string(100'000, 'x') + "\r\nhello\r\n", extensions}) {
    HttpClient beyond = running.client();
    beyond.send(chunked(chunks + end));
    EXPECT_EQ(beyond.receive().result_int(), 413U);
    EXPECT_TRUE(beyond.is_closed());
  }
}

TEST(HttpServer, DropsTrailers) {
  Server server({});
  server.route(Method::Post, "/", [](const Request& request) {
    const bool has_trailer = request.header("Idempotency-Key") || request.header("X-More");
    return Response{200, "text/plain", request.body + (has_trailer ? " with a trailer" : ""), {}};
  });
  ASSERT_TRUE(server.start());
  HttpClient client(server.port());
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nab\r\n0\r\nHost: evil\r\nIdempotency-Key: k\r\nX-More: y\r\n\r\n");
  EXPECT_EQ(client.receive().body(), "ab");
}

TEST(HttpServer, OutlivesAnExceptionOfAConnection) {
  bool thrown = false;  // on the server's thread only
  Running running({.on_request = [&](const RequestRecord&) {
    if (!std::exchange(thrown, true)) throw std::runtime_error("by the observer");
  }});
  running.start();
  HttpClient client = running.client();
  EXPECT_EQ(client.get("/").result_int(), 200U);
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(running.client().get("/").result_int(), 200U);
  EXPECT_TRUE(running.server.stop({}));
}

TEST(HttpServer, ClosesSlowAndIdleConnections) {
  Running running({.read_timeout = 50ms, .idle_timeout = 100ms});
  running.start();
  HttpClient silent = running.client();
  HttpClient blank = running.client();
  blank.send("\r\n");
  HttpClient slow_header = running.client();
  slow_header.send("GET / HTTP/1.1\r\nHo");
  HttpClient slow_body = running.client();
  slow_body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  for (HttpClient* const slow : {&slow_header, &slow_body}) {
    const HttpClient::Message answer = slow->receive();
    EXPECT_EQ(answer.result_int(), 408U);
    EXPECT_EQ(answer["Content-Type"], "application/problem+json");
    EXPECT_EQ(answer["Connection"], "close");
    EXPECT_TRUE(slow->is_closed());
  }
  EXPECT_TRUE(silent.is_closed());
  EXPECT_TRUE(blank.is_closed());
}

TEST(HttpServer, TimesHandlingFromTheCompleteRequest) {
  std::vector<RequestRecord> records;  // written on the server's thread, read after it stopped
  Running running({.on_request = [&](const RequestRecord& record) { records.push_back(record); }});
  running.start();
  HttpClient client = running.client();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  // The server has read the header; what passes now belongs to the whole and not to handling.
  EXPECT_EQ(client.receive().result_int(), 100U);
  HttpClient other = running.client();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(other.get("/").result_int(), 200U);
  const Instant sent = system_clock().now();
  client.send("ab");
  EXPECT_EQ(client.receive().result_int(), 200U);
  const Instant received = system_clock().now();
  ASSERT_TRUE(running.server.stop({}));
  ASSERT_EQ(records.size(), 51U);
  EXPECT_GT(records.back().handling.count(), 0);
  EXPECT_LE(records.back().handling, received - sent);
  EXPECT_GT(records.back().duration, received - sent);
}

TEST(HttpServer, CutsOffAClientThatDoesNotRead) {
  std::latch entered(1);
  Server server({.write_timeout = 50ms});
  server.route(Method::Get, "/", [&](const Request&) {
    entered.count_down();
    return Response{200, "text/plain", std::string(std::size_t{64} * 1024 * 1024, 'x'), {}};
  });
  ASSERT_TRUE(server.start());
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  entered.wait();
  // Waiting for the server to have no connection left shows that it gave up.
  EXPECT_TRUE(server.stop({}));
  EXPECT_EQ(client.receive().result_int(), 0U);
}

}  // namespace
}  // namespace eventcore::http
