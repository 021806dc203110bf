#include "eventcore/http_broadcast.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "running_server.hpp"

namespace eventcore::http {
namespace {

using namespace std::chrono_literals;

/// A server with a stream, which is published by the test.
struct Streaming {
  explicit Streaming(ServerOptions options = {}, std::size_t readers_max = 64)
      : broadcast(std::make_shared<Broadcast>(readers_max)), server(std::move(options)) {
    server.route(Method::Get, "/live", [this](const Request&) { return broadcast->response(); });
    server.route(Method::Get, "/", echo);
    EXPECT_TRUE(server.start());
  }
  /// Waits for what other threads are about to do; false after a while.
  template <class Done>
  static bool wait(Done done) {
    for (const auto end = std::chrono::steady_clock::now() + 10s; !done();) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool wait_for_readers(std::size_t count) {
    return wait([&] { return broadcast->stats().readers == count; });
  }

  std::shared_ptr<Broadcast> broadcast;
  Server server;
};

/// A client that follows.
class Follower {
 public:
  explicit Follower(std::uint16_t port, std::string_view version = "1.1") : client_(port) {
    client_.send("GET /live HTTP/" + std::string(version) + "\r\nHost: a\r\n\r\n");
  }
  /// Reads until `text` has come; false if the connection ends before.
  bool read_until(std::string_view text) {
    while (!seen_.ends_with(text)) {
      const std::optional<char> byte = client_.read_byte();
      if (!byte) return false;
      seen_ += *byte;
    }
    return true;
  }
  const std::string& seen() const { return seen_; }
  HttpClient& client() { return client_; }

 private:
  HttpClient client_;
  std::string seen_;
};

TEST(Broadcast, ReachesAllWhoFollow) {
  Streaming streaming;
  streaming.broadcast->publish("data: before\n\n");
  std::vector<std::unique_ptr<Follower>> followers;
  for (int i = 0; i < 5; ++i) {
    followers.push_back(std::make_unique<Follower>(streaming.server.port()));
    EXPECT_TRUE(followers.back()->read_until("data: before\n\n")) << "the newest text comes first";
  }
  ASSERT_TRUE(streaming.wait_for_readers(5));
  streaming.broadcast->publish("data: after\n\n");
  for (const auto& follower : followers) {
    EXPECT_TRUE(follower->read_until("data: after\n\n"));
    EXPECT_NE(follower->seen().find("HTTP/1.1 200 OK\r\n"), std::string::npos);
    EXPECT_NE(follower->seen().find("Content-Type: text/event-stream\r\n"), std::string::npos);
  }
}

TEST(Broadcast, ForgetsWhoLeaves) {
  Streaming streaming;
  {
    Follower follower(streaming.server.port());
    ASSERT_TRUE(streaming.wait_for_readers(1));
  }
  EXPECT_TRUE(streaming.wait_for_readers(0));
  EXPECT_TRUE(Streaming::wait([&] { return streaming.server.stats().connections_open == 0; }));
  streaming.broadcast->publish("data: nobody\n\n");
}

TEST(Broadcast, RefusesMoreThanItTakes) {
  Streaming streaming({}, 2);
  Follower first(streaming.server.port());
  Follower second(streaming.server.port());
  ASSERT_TRUE(streaming.wait_for_readers(2));
  HttpClient third(streaming.server.port());
  const auto answer = third.get("/live");
  EXPECT_EQ(answer.result_int(), 503U);
  EXPECT_EQ(answer["Retry-After"], "5");
  EXPECT_EQ(third.get("/").result_int(), 200U);
  EXPECT_GE(streaming.broadcast->stats().refused, 1U);
}

TEST(Broadcast, DropsWhoTakesNothing) {
  Streaming streaming({.write_timeout = 300ms});
  Follower slow(streaming.server.port());
  ASSERT_TRUE(streaming.wait_for_readers(1));
  // More than the sockets between them hold, and then some.
  const std::string text = "data: " + std::string(std::size_t{8} * 1024 * 1024, 'x') + "\n\n";
  streaming.broadcast->publish(text);
  EXPECT_TRUE(streaming.wait_for_readers(0));
  EXPECT_TRUE(Streaming::wait([&] { return streaming.server.stats().connections_dropped == 1; }));
  streaming.broadcast->publish("data: on it goes\n\n");
  Follower quick(streaming.server.port());
  EXPECT_TRUE(quick.read_until("data: on it goes\n\n"));
}

TEST(Broadcast, LeavesOutTextsForWhoIsSlow) {
  Streaming streaming({.write_timeout = 120s});
  Follower slow(streaming.server.port());
  ASSERT_TRUE(streaming.wait_for_readers(1));
  const std::string filler(std::size_t{8} * 1024 * 1024, 'x');
  streaming.broadcast->publish("data: first " + filler + "\n\n");
  for (int i = 0; i < 1'000; ++i) {
    streaming.broadcast->publish("data: number " + std::to_string(i) + "\n\n");
  }
  ASSERT_TRUE(slow.read_until("data: number 999\n\n"));
  EXPECT_EQ(slow.seen().find("data: number 500\n\n"), std::string::npos);
}

TEST(Broadcast, EndsWithTheServer) {
  Streaming streaming;
  Follower follower(streaming.server.port());
  ASSERT_TRUE(streaming.wait_for_readers(1));
  std::atomic<bool> done = false;
  std::thread publisher([&] {
    while (!done) streaming.broadcast->publish("data: x\n\n");
  });
  EXPECT_TRUE(streaming.server.stop(Deadline::after(5s))) << "a stream does not hold it up";
  EXPECT_TRUE(streaming.wait_for_readers(0));
  done = true;
  publisher.join();
}

TEST(Broadcast, IsPublishedWhileServersComeAndGo) {
  const auto broadcast = std::make_shared<Broadcast>();
  std::atomic<bool> done = false;
  std::thread publisher([&] {
    while (!done) broadcast->publish("data: x\n\n");
  });
  for (int i = 0; i < 10; ++i) {
    Server server({});
    server.route(Method::Get, "/live", [&](const Request&) { return broadcast->response(); });
    ASSERT_TRUE(server.start());
    Follower follower(server.port());
    EXPECT_TRUE(follower.read_until("data: x\n\n"));
  }
  done = true;
  publisher.join();
  EXPECT_EQ(broadcast->stats().readers, 0U);
}

TEST(Broadcast, AnswersHeadWithoutFollowing) {
  Streaming streaming;
  HttpClient client(streaming.server.port());
  EXPECT_EQ(client.get("/live", "HEAD").result_int(), 200U);
  EXPECT_EQ(streaming.broadcast->stats().readers, 0U);
}

TEST(Broadcast, CutsOffAClientThatTalksOn) {
  Streaming streaming;
  Follower follower(streaming.server.port());
  ASSERT_TRUE(streaming.wait_for_readers(1));
  const std::string noise(100'000, 'x');
  follower.client().send(noise);
  EXPECT_TRUE(streaming.wait_for_readers(0));
}

}  // namespace
}  // namespace eventcore::http
