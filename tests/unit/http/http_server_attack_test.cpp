// What hostile clients do, and what others see of it: nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http_client.hpp"
#include "running_server.hpp"

namespace eventcore::http {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(HttpServer, DropsWhoKeepsItWaitingLongestWhenItIsFull) {
  Running running({.connections_max = 2});
  running.start();
  HttpClient silent = running.client();
  HttpClient slow = running.client();
  slow.send("GET / HTTP/1.1\r\nHo");
  HttpClient third = running.client();
  EXPECT_EQ(third.get("/").result_int(), 200U);
  EXPECT_TRUE(silent.is_closed());
  HttpClient fourth = running.client();
  EXPECT_EQ(fourth.get("/").result_int(), 200U);
  EXPECT_TRUE(slow.is_closed());
  EXPECT_EQ(third.get("/").result_int(), 200U);
  HttpClient fifth = running.client();
  EXPECT_EQ(fifth.get("/").result_int(), 200U);
  // `third` has asked again since, so it was not the one.
  EXPECT_TRUE(fourth.is_closed());
  EXPECT_EQ(third.get("/").result_int(), 200U);
  EXPECT_EQ(running.server.stats().connections_dropped, 3U);
  EXPECT_EQ(running.server.stats().connections_refused, 0U);
}

TEST(HttpServer, TurnsAwayWhatComesWhileItServesAll) {
  std::latch entered(2);
  std::latch leave(1);
  Server server({.connections_max = 2});
  server.route(Method::Get, "/", [&](const Request&) {
    entered.count_down();
    leave.wait();
    return Response{};
  });
  ASSERT_TRUE(server.start());
  HttpClient first(server.port());
  HttpClient second(server.port());
  first.send(kGet);
  second.send(kGet);
  entered.wait();
  HttpClient third(server.port());
  const HttpClient::Message turned_away = third.receive();
  EXPECT_EQ(turned_away.result_int(), 503U);
  EXPECT_EQ(turned_away["Retry-After"], "1");
  EXPECT_TRUE(third.is_closed());
  leave.count_down();
  EXPECT_EQ(first.receive().result_int(), 200U);
  EXPECT_EQ(second.receive().result_int(), 200U);
  EXPECT_EQ(server.stats().connections_refused, 1U);
  EXPECT_EQ(server.stats().connections_dropped, 0U);
}

TEST(HttpServer, HoldsNoMoreResponsesThanItMay) {
  constexpr std::size_t kBytes = std::size_t{16} * 1024 * 1024;  // more than sockets take
  Server server({.held_bytes_max = kBytes * 5 / 2});
  server.route(Method::Get, "/large", [&](const Request&) {
    return Response{200, "text/plain", std::string(kBytes, 'x'), {}};
  });
  server.route(Method::Get, "/", echo);
  ASSERT_TRUE(server.start());
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<HttpClient>(server.port()));
    clients.back()->send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(clients.back()->take_byte());  // its response is on the way
  }
  clients.front()->take_rest();  // it was cut off
  EXPECT_EQ(server.stats().connections_dropped, 1U);
  EXPECT_EQ(HttpClient(server.port()).get("/").result_int(), 200U);
}

TEST(HttpServer, HoldsNoMoreRequestsThanItMay) {
  std::latch entered(1);
  std::latch leave(1);
  Running running({.workers = 1, .held_bytes_max = 250'000});
  running.server.route(Method::Post, "/once", [&](const Request& request) {
    entered.count_down();
    leave.wait();
    return echo(request);
  });
  running.start();
  const std::string body(200'000, 'x');
  HttpClient served = running.client();
  served.send("POST /once HTTP/1.0\r\nContent-Length: 200000\r\n\r\n" + body);
  entered.wait();
  HttpClient beyond = running.client();
  beyond.send(post(body));
  EXPECT_EQ(beyond.receive().result_int(), 503U);
  leave.count_down();
  EXPECT_EQ(served.receive().result_int(), 200U);
  HttpClient unfinished = running.client();
  unfinished.send(post(body).substr(0, 150'000));
  HttpClient after = running.client();
  after.send(post(body));
  EXPECT_EQ(after.receive().body().size(), body.size() + 5);
}

TEST(HttpServer, CutsOffAReaderThatTakesAByteNowAndThen) {
  Server server({.write_timeout = 300ms});
  server.route(Method::Get, "/", [](const Request&) {
    return Response{200, "text/plain", std::string(std::size_t{64} * 1024 * 1024, 'x'), {}};
  });
  ASSERT_TRUE(server.start());
  HttpClient client(server.port());
  client.send(kGet);
  const Instant give_up = system_clock().now() + 20s;
  while (server.stats().connections_dropped == 0 || server.stats().connections_open > 0) {
    ASSERT_LT(system_clock().now(), give_up);
    client.take_byte();
  }
  EXPECT_EQ(server.stats().connections_dropped, 1U);
}

TEST(HttpServer, IsNotKeptBusyByBlankLines) {
  Running running({.idle_timeout = 200ms});
  running.start();
  HttpClient client = running.client();
  const Instant give_up = system_clock().now() + 20s;
  while (client.send("\r\n")) ASSERT_LT(system_clock().now(), give_up);
}

/// Requests whose ends two readers may see in different places.
std::vector<std::string> ambiguous_bodies() {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string empty = "\r\n0\r\n\r\n";
  std::vector<std::string> requests;
  for (const std::string& headers : std::vector<std::string>{
           "Content-Length: 4\r\n" + chunked + empty, chunked + "Content-Length: 4\r\n" + empty,
           "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
           "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", "Content-Length: 0, 0\r\n\r\n",
           "Content-Length: +0\r\n\r\n", "Content-Length: 0x0\r\n\r\n",
           "Content-Length : 0\r\n\r\n", "Transfer-Encoding: gzip\r\n\r\n",
           "Transfer-Encoding: identity\r\n\r\n", "Transfer-Encoding: xchunked\r\n" + empty,
           "Transfer-Encoding: gzip, chunked\r\n" + empty,
           "Transfer-Encoding: chunked, chunked\r\n" + empty, chunked + chunked + empty,
           "Transfer-Encoding\r\n : chunked\r\n" + empty, chunked + "\r\n0x0\r\n\r\n",
           chunked + "\r\n-1\r\n\r\n", chunked + "\r\nfffffffffffffffff\r\nx\r\n"}) {
    requests.push_back("POST /echo HTTP/1.1\r\nHost: a\r\n" + headers);
  }
  requests.push_back("POST /echo HTTP/1.0\r\n" + chunked + empty);
  return requests;
}

/// Requests with lines that are not HTTP.
std::vector<std::string> malformed_lines() {
  std::vector<std::string> requests{
      "POST /echo HTTP/1.1\nHost: a\nContent-Length: 0\n\n",
      "GET /\r\n\r\n",
      "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / http/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01", 6) + std::string(600, 'x') + "\r\n\r\n"};
  for (const std::string& line : std::vector<std::string>{
           "X: a\nY: b", "X: a\rY: b", "X: " + std::string(1, '\0'), "X Y: b", ": b"}) {
    requests.push_back("GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n");
  }
  return requests;
}

TEST(HttpServer, RefusesWhatOthersMayReadDifferently) {
  Running running;
  running.start();
  std::vector<std::string> requests = ambiguous_bodies();
  for (std::string& request : malformed_lines()) requests.push_back(std::move(request));
  for (const std::string& request : requests) {
    HttpClient client = running.client();
    client.send(request + "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n");
    const unsigned status = client.receive().result_int();
    EXPECT_THAT(status, testing::AnyOf(400U, 413U, 501U)) << request;
    EXPECT_TRUE(client.is_closed()) << request;
  }
  EXPECT_EQ(running.client().get("/").result_int(), 200U);
}

TEST(HttpServer, LimitsWhatIsAroundChunksThatComePieceByPiece) {
  Running running;
  running.start();
  HttpClient client = running.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  // Each piece ends inside of the next chunk's header.
  const std::string piece = "1;" + std::string(100, 'y') + "\r\nx\r\n1;";
  std::size_t sent = 0;
  client.send("1;");
  while (running.server.stats().connections_open > 0 && sent < 64U * 1024 * 1024) {
    if (!client.send(piece.substr(2))) break;
    sent += piece.size();
  }
  EXPECT_LT(sent, 32U * 1024 * 1024);
  EXPECT_EQ(running.client().get("/").result_int(), 200U);
}

TEST(HttpServer, TakesPathsLiterally) {
  Running running;
  running.start();
  HttpClient client = running.client();
  for (const std::string_view target :
       {"/..", "/../orders/1", "/orders/../orders/1", "/orders/%2e%2e/1", "//orders/1",
        "/orders//1", "/orders/1/", "/./", "/orders\\1", "/ORDERS/1", "/%6frders/1/.."}) {
    EXPECT_EQ(client.get(target).result_int(), 404U) << target;
  }
  for (const std::string_view target :
       {"*", "orders/1", "a:80", "ftp://a/orders/1", "/orders/%00", "/orders/a%", "/orders/%0"}) {
    EXPECT_EQ(client.get(target).result_int(), 400U) << target;
  }
  EXPECT_EQ(client.get("/orders/%2e%2e").body(), "order ..");
  EXPECT_EQ(client.get("/orders/a%2Fb").body(), "order a/b");
  EXPECT_EQ(client.get("http://b").body(), "GET ");
  EXPECT_EQ(client.get("http://b?x=/y").body(), "GET ");
  EXPECT_EQ(client.get("/" + std::string(14'000, 'x')).result_int(), 404U);
  EXPECT_EQ(client.get("/" + std::string(20'000, 'x')).result_int(), 431U);
}

TEST(HttpServer, RefusesExpectationsThatItDoesNotMeet) {
  Running running;
  running.start();
  HttpClient client = running.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: more\r\n\r\n");
  EXPECT_EQ(client.receive().result_int(), 417U);
  EXPECT_TRUE(client.is_closed());
  HttpClient old = running.client();
  old.send("POST /echo HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx");
  EXPECT_EQ(old.receive().body(), "POST x");
}

TEST(HttpServer, AnswersClientsThatHaveFinishedSending) {
  Running running;
  running.start();
  HttpClient client = running.client();
  client.send(std::string(kGet) + post("abc"));
  client.finish_sending();
  EXPECT_EQ(client.receive().body(), "GET ");
  EXPECT_EQ(client.receive().body(), "POST abc");
  EXPECT_TRUE(client.is_closed());
  HttpClient unfinished = running.client();
  unfinished.send("GET / HTTP/1.1\r\nHo");
  unfinished.finish_sending();
  EXPECT_TRUE(unfinished.is_closed());
}

TEST(HttpServer, CountsItsConnections) {
  Running running({.read_timeout = 50ms});
  running.start();
  {
    HttpClient client = running.client();
    client.get("/");
    HttpClient slow = running.client();
    slow.send("GET");
    EXPECT_EQ(slow.receive().result_int(), 408U);
    EXPECT_EQ(running.server.stats().connections_open, 2U);
  }
  const Instant give_up = system_clock().now() + 20s;
  while (running.server.stats().connections_open > 0) ASSERT_LT(system_clock().now(), give_up);
  EXPECT_EQ(running.server.stats().connections_accepted, 2U);
  EXPECT_EQ(running.server.stats().connections_dropped, 1U);
}

TEST(HttpServer, TellsWhetherItsLoopRuns) {
  std::latch hangs(1);
  std::latch leave(1);
  Running running({.on_request = [&](const RequestRecord&) {
    hangs.count_down();
    leave.wait();
  }});
  EXPECT_FALSE(running.server.is_responsive({}));
  running.start();
  EXPECT_TRUE(running.server.is_responsive({}));
  HttpClient client = running.client();
  EXPECT_EQ(client.get("/").result_int(), 200U);
  hangs.wait();
  EXPECT_FALSE(running.server.is_responsive(Deadline::after(20ms)));
  leave.count_down();
  EXPECT_TRUE(running.server.is_responsive({}));
}

}  // namespace
}  // namespace eventcore::http
