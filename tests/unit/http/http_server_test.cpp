#include "eventcore/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http_client.hpp"
#include "running_server.hpp"

namespace eventcore::http {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(HttpServer, ServesRoutesOverOneConnection) {
  Running running;
  running.start();
  EXPECT_EQ(running.server.url(), "http://127.0.0.1:" + std::to_string(running.server.port()));
  HttpClient client = running.client();
  const HttpClient::Message response = client.get("/");
  EXPECT_EQ(response.result_int(), 200U);
  EXPECT_EQ(response.body(), "GET ");
  EXPECT_EQ(response["Content-Type"], "text/plain");
  EXPECT_THAT(std::string(response["Date"]), HasSubstr(" GMT"));
  client.send(post("hello"));
  EXPECT_EQ(client.receive().body(), "POST hello");
  EXPECT_EQ(client.get("/peer").body(), client.local_endpoint());
}

TEST(HttpServer, MatchesTemplatesAndPrefersLiterals) {
  Running running;
  running.start();
  HttpClient client = running.client();
  EXPECT_EQ(client.get("/orders/17").body(), "order 17");
  EXPECT_EQ(client.get("/orders/a%2Fb%20c?x=1").body(), "order a/b c");
  EXPECT_EQ(client.get("/orders/latest").body(), "the latest");
  EXPECT_EQ(client.get("http://a/orders/5").body(), "order 5");
  EXPECT_EQ(client.get("/orders/").result_int(), 404U);
  EXPECT_EQ(client.get("/orders/1/2").result_int(), 404U);
  EXPECT_EQ(client.get("/orders/%zz").result_int(), 400U);
  EXPECT_EQ(client.get("*").result_int(), 400U);
}

TEST(HttpServer, AnswersWithProblems) {
  Running running;
  running.start();
  HttpClient client = running.client();
  const HttpClient::Message missing = client.get("/nowhere");
  EXPECT_EQ(missing.result_int(), 404U);
  EXPECT_EQ(missing["Content-Type"], "application/problem+json");
  EXPECT_EQ(missing.body(),
            "{\"title\": \"Not Found\", \"status\": 404, \"detail\": \"There is nothing at this "
            "path.\"}\n");
  const HttpClient::Message wrong = client.get("/orders/1", "DELETE");
  EXPECT_EQ(wrong.result_int(), 405U);
  EXPECT_EQ(wrong["Allow"], "GET, HEAD");
  const HttpClient::Message thrown = client.get("/throw");
  EXPECT_EQ(thrown.result_int(), 500U);
  EXPECT_EQ(thrown.body().find("secret"), std::string::npos);
  EXPECT_EQ(client.get("/", "BREW").result_int(), 501U);
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  Running running;
  running.start();
  HttpClient client = running.client();
  const HttpClient::Message response = client.get("/orders/17", "HEAD");
  EXPECT_EQ(response.result_int(), 200U);
  EXPECT_EQ(response["Content-Length"], "8");
  EXPECT_EQ(client.get("/orders/18").body(), "order 18");
}

TEST(HttpServer, RefusesResponsesThatWouldBreakTheProtocol) {
  Server server({});
  server.route(Method::Get, "/header", [](const Request&) {
    return Response{200, "text/plain", "x", {{"X-Name", "a\r\nSet-Cookie: b"}}};
  });
  server.route(Method::Get, "/status", [](const Request&) { return Response{42, "a", "x", {}}; });
  server.route(Method::Get, "/good", [](const Request&) {
    return Response{204, "", "ignored", {{"X-Name", "caf\xc3\xa9"}}};
  });
  ASSERT_TRUE(server.start());
  HttpClient client(server.port());
  EXPECT_EQ(client.get("/header").result_int(), 500U);
  EXPECT_EQ(client.get("/status").result_int(), 500U);
  const HttpClient::Message good = client.get("/good");
  EXPECT_EQ(good.result_int(), 204U);
  EXPECT_EQ(good["X-Name"], "caf\xc3\xa9");
  EXPECT_EQ(good.count("Content-Length"), 0U);
}

TEST(HttpServer, RefusesMalformedRequests) {
  Running running;
  running.start();
  for (const std::string_view request :
       {"nonsense\r\n\r\n", "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"}) {
    HttpClient client = running.client();
    client.send(request);
    EXPECT_EQ(client.receive().result_int(), 400U) << request;
  }
  EXPECT_EQ(running.client().get("/").result_int(), 200U);
}

TEST(HttpServer, TakesBinaryAndChunkedBodies) {
  Running running;
  running.start();
  HttpClient client = running.client();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().body(), "POST abcde");
  const std::string binary{"\0\r\n\xff", 4};
  client.send(post(binary));
  EXPECT_EQ(client.receive().body(), "POST " + binary);
}

TEST(HttpServer, TakesPipelinedRequestsInOrder) {
  Running running;
  running.start();
  HttpClient client = running.client();
  client.send("GET /orders/1 HTTP/1.1\r\nHost: a\r\n\r\n" + post("2") +
              "GET /orders/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.receive().body(), "order 1");
  EXPECT_EQ(client.receive().body(), "POST 2");
  const HttpClient::Message last = client.receive();
  EXPECT_EQ(last.body(), "order 3");
  EXPECT_EQ(last["Connection"], "close");
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpServer, TellsAClientThatAsksToGoOn) {
  Running running;
  running.start();
  HttpClient client = running.client();
  client.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().result_int(), 100U);
  client.send("ab");
  EXPECT_EQ(client.receive().body(), "POST ab");
}

TEST(HttpServer, ServesManyConnectionsAtOnce) {
  constexpr int kConnections = 64;
  constexpr int kRequests = 10;
  Running running;
  running.start();
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<HttpClient>(running.server.port()));
  }
  for (int request = 0; request < kRequests; ++request) {
    for (int i = 0; i < kConnections; ++i) {
      clients[static_cast<std::size_t>(i)]->send("GET /orders/" + std::to_string(i) +
                                                 " HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    for (int i = 0; i < kConnections; ++i) {
      EXPECT_EQ(clients[static_cast<std::size_t>(i)]->receive().body(),
                "order " + std::to_string(i));
    }
  }
}

TEST(HttpServer, RunsHandlersSideBySide) {
  std::latch both(2);
  Server server({});
  server.route(Method::Get, "/", [&](const Request&) {
    both.arrive_and_wait();  // ends only if two handlers run at the same time
    return Response{};
  });
  ASSERT_TRUE(server.start());
  HttpClient first(server.port());
  HttpClient second(server.port());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(first.receive().result_int(), 200U);
  EXPECT_EQ(second.receive().result_int(), 200U);
}

TEST(HttpServer, StopsAfterWhatIsUnderWay) {
  std::latch entered(1);
  std::latch leave(1);
  Server server({});
  server.route(Method::Get, "/", [&](const Request&) {
    entered.count_down();
    leave.wait();
    return Response{200, "text/plain", "done", {}};
  });
  ASSERT_TRUE(server.start());
  const std::uint16_t port = server.port();
  HttpClient idle(port);
  HttpClient busy(port);
  busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  entered.wait();
  bool stopped = false;
  std::jthread stopper([&] { stopped = server.stop({}).has_value(); });
  // The idle connection is closed while the busy one is still being served.
  EXPECT_TRUE(idle.is_closed());
  leave.count_down();
  const HttpClient::Message response = busy.receive();
  EXPECT_EQ(response.body(), "done");
  EXPECT_EQ(response["Connection"], "close");
  EXPECT_TRUE(busy.is_closed());
  stopper.join();
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(server.stop({}));
}

TEST(HttpServer, CutsOffRequestsAtTheDeadline) {
  std::latch entered(1);
  std::latch leave(1);
  Server server({});
  server.route(Method::Get, "/", [&](const Request&) {
    entered.count_down();
    leave.wait();
    return Response{};
  });
  ASSERT_TRUE(server.start());
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  entered.wait();
  const Result<void> stopped = server.stop(Deadline::after(1ms));
  EXPECT_EQ(client.receive().result_int(), 0U);
  leave.count_down();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::DeadlineExceeded);
}

TEST(HttpServer, StartsOnlyWhereItCanListen) {
  Running first;
  first.start();
  Server second({.listen = "127.0.0.1:" + std::to_string(first.server.port())});
  const Result<void> taken = second.start();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(taken.error().message, HasSubstr("in use"));
  for (const std::string address :
       {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "example.org:80", "::1:80"}) {
    Server server({.listen = address});
    const Result<void> started = server.start();
    ASSERT_FALSE(started) << address;
    EXPECT_EQ(started.error().code, ErrorCode::InvalidArgument) << address;
  }
  Server local({.listen = "localhost:0"});
  EXPECT_TRUE(local.start());
  EXPECT_THAT(local.url(), MatchesRegex("http://127.0.0.1:[0-9]+"));
}

TEST(HttpServer, ListensBeforeItIsStarted) {
  Server server({});
  ASSERT_TRUE(server.listen());
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  Server second({.listen = "127.0.0.1:" + std::to_string(server.port())});
  const Result<void> taken = second.listen();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::Unavailable);
  server.route(Method::Get, "/", echo);
  ASSERT_TRUE(server.start());
  EXPECT_EQ(client.receive().body(), "GET ");
}

TEST(HttpServer, TellsWhatBecameOfRequests) {
  std::vector<std::string> records;  // written on the server's thread, read after it stopped
  Running running({.on_request = [&](const RequestRecord& record) {
    EXPECT_GE(record.duration.count(), 0);
    records.push_back((record.method ? std::string(to_string(*record.method)) : "-") + " " +
                      std::string(record.route) + " " + std::to_string(record.status) + " " +
                      std::to_string(record.request_bytes));
  }});
  running.start();
  HttpClient client = running.client();
  client.get("/orders/17");
  client.get("/nowhere");
  client.get("/throw");
  client.send(post("abc"));
  client.receive();
  client.send("bad\r\n\r\n");
  client.receive();
  ASSERT_TRUE(running.server.stop({}));
  EXPECT_THAT(records, ElementsAre("GET /orders/{id} 200 0", "GET  404 0", "GET /throw 500 0",
                                   "POST /echo 200 3", "-  400 0"));
}

}  // namespace
}  // namespace eventcore::http
