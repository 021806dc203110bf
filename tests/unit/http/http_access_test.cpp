#include "eventcore/http_access.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "running_server.hpp"

namespace eventcore::http {
namespace {

constexpr const char* kReader = "5f0c1f6f3a0b4a57b8d1e2c49a7760d3";
constexpr const char* kOperator = "c1e8a2d94b7f4c1e9d3a5b60f7281e4d";

AccessToken token(const char* text) { return AccessToken::parse(text).value(); }

Request request(Method method, std::string path, std::vector<Header> headers = {}) {
  Request result{.method = method, .target = path, .path = path};
  result.headers = std::move(headers);
  if (!result.header("Host")) result.headers.push_back({"Host", "127.0.0.1:9464"});
  return result;
}

Request with_token(Request request, const char* text) {
  request.headers.push_back({"Authorization", std::string("Bearer ") + text});
  return request;
}

/// 0: it is served.
int status(const AccessPolicy& policy, const Request& request) {
  const std::optional<Response> refused = policy(request);
  return refused ? refused->status : 0;
}

Request action(std::vector<Header> headers = {}) {
  headers.push_back({"Content-Type", "application/json"});
  return request(Method::Post, "/api/log", std::move(headers));
}

TEST(AccessToken, HoldsAtLeast128Bits) {
  EXPECT_TRUE(AccessToken::parse(kReader));
  EXPECT_TRUE(AccessToken::parse("Zk3-8vQ_x1.~B7pLm2+Wq/"));  // 22 characters of 6 bits
  for (const char* text :
       {"", "secret", "5f0c1f6f3a0b4a57b8d1e2c49a7760d", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "01234567890123456789012345", "5f0c1f6f3a0b4a57 b8d1e2c49a7760d3",
        "5f0c1f6f3a0b4a57b8d1e2c49a7760d\xC3"}) {
    const auto parsed = AccessToken::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
    if (*text != '\0') {
      EXPECT_EQ(parsed.error().message.find(text), std::string::npos);
    }
  }
}

TEST(AccessToken, IsTheFirstLineOfAFile) {
  const std::string path = testing::TempDir() + "/access_token_" + std::to_string(getpid());
  std::ofstream(path) << kReader << "\r\nmore\n";
  const auto read = AccessToken::from_file(path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->matches(kReader));
  std::ofstream(path) << "short\n";
  EXPECT_EQ(AccessToken::from_file(path).error().code, ErrorCode::InvalidArgument);
  std::remove(path.c_str());
  EXPECT_EQ(AccessToken::from_file(path).error().code, ErrorCode::Unavailable);
}

TEST(AccessToken, MatchesItselfAlone) {
  const AccessToken secret = token(kReader);
  EXPECT_TRUE(secret.matches(kReader));
  std::string other = kReader;
  for (char& c : other) {
    const char kept = c;
    c = 'x';
    EXPECT_FALSE(secret.matches(other));
    c = kept;
  }
  EXPECT_FALSE(secret.matches(""));
  EXPECT_FALSE(secret.matches(other + "0"));
}

TEST(AccessPolicy, ServesEverythingOnLoopbackWithoutTokens) {
  for (const char* listen : {"127.0.0.1:9464", "localhost:0", "[::1]:80"}) {
    const AccessPolicy policy({.listen = listen});
    EXPECT_TRUE(policy.is_loopback()) << listen;
    EXPECT_EQ(status(policy, request(Method::Get, "/metrics")), 0);
    EXPECT_EQ(status(policy, action()), 0);
  }
}

TEST(AccessPolicy, ServesNothingButHealthElsewhereWithoutTokens) {
  for (const char* listen : {"0.0.0.0:9464", "[::]:80", "10.0.0.3:80", "nonsense"}) {
    const AccessPolicy policy({.listen = listen});
    EXPECT_FALSE(policy.is_loopback()) << listen;
    EXPECT_EQ(status(policy, request(Method::Get, "/metrics")), 403);
    EXPECT_EQ(status(policy, with_token(request(Method::Get, "/metrics"), kReader)), 403);
    EXPECT_EQ(status(policy, action()), 403);
    EXPECT_EQ(status(policy, request(Method::Get, "/health")), 0);
    EXPECT_EQ(status(policy, request(Method::Get, "/health/live", {{"Host", "pod"}})), 0);
    EXPECT_EQ(status(policy, request(Method::Get, "/healthy")), 403);
    EXPECT_EQ(status(policy, request(Method::Post, "/health")), 415);
  }
}

TEST(AccessPolicy, TellsReadingFromOperating) {
  const AccessPolicy policy(
      {.listen = "0.0.0.0:1", .read = token(kReader), .operate = token(kOperator)});
  const Request page = request(Method::Get, "/metrics");
  EXPECT_EQ(status(policy, page), 401);
  EXPECT_EQ(status(policy, with_token(page, kReader)), 0);
  EXPECT_EQ(status(policy, with_token(page, kOperator)), 0);
  EXPECT_EQ(status(policy, with_token(page, "5f0c1f6f3a0b4a57b8d1e2c49a7760d4")), 401);
  EXPECT_EQ(status(policy, action()), 401);
  EXPECT_EQ(status(policy, with_token(action(), kReader)), 403);
  EXPECT_EQ(status(policy, with_token(action(), kOperator)), 0);
}

TEST(AccessPolicy, TakesNoTokenInAnotherForm) {
  const AccessPolicy policy({.listen = "127.0.0.1:1", .read = token(kReader)});
  const std::string secret = kReader;
  for (const std::string& value : {secret, "Basic " + secret, "Bearer" + secret,
                                   "Bearer " + secret + " x", std::string("Bearer ")}) {
    EXPECT_EQ(status(policy, request(Method::Get, "/metrics", {{"Authorization", value}})), 401)
        << value;
  }
  EXPECT_EQ(
      status(policy, request(Method::Get, "/metrics", {{"authorization", "bEARER  " + secret}})),
      0);
  // Two say two things.
  EXPECT_EQ(status(policy, with_token(with_token(request(Method::Get, "/metrics"), kReader), "x")),
            401);
  EXPECT_EQ(status(policy, request(Method::Get, "/metrics?token=" + secret)), 401);
}

TEST(AccessPolicy, SaysHowToAsk) {
  const AccessPolicy policy({.listen = "127.0.0.1:1", .read = token(kReader)});
  const auto refused = policy(request(Method::Get, "/metrics"));
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->headers.size(), 1U);
  EXPECT_EQ(refused->headers[0].name, "WWW-Authenticate");
  EXPECT_TRUE(refused->headers[0].value.starts_with("Bearer"));
}

TEST(AccessPolicy, RefusesNamesThatAreNotItsOwn) {
  const AccessPolicy policy({.listen = "127.0.0.1:1", .hosts = {"console.example.org"}});
  for (const char* host : {"127.0.0.1", "127.0.0.1:9464", "localhost:9464", "LOCALHOST", "[::1]:80",
                           "10.0.0.3:9464", "Console.Example.org", "console.example.org:443"}) {
    EXPECT_EQ(status(policy, request(Method::Get, "/metrics", {{"Host", host}})), 0) << host;
  }
  for (const char* host : {"evil.example", "evil.example:9464", "localhost.evil.example",
                           "127.0.0.1.evil.example", "console.example.org.evil.example", "", ":80",
                           "localhost@evil.example", "2130706433.nip.io"}) {
    EXPECT_EQ(status(policy, request(Method::Get, "/metrics", {{"Host", host}})), 421) << host;
    EXPECT_EQ(status(policy, request(Method::Post, "/api/log",
                                     {{"Host", host}, {"Content-Type", "application/json"}})),
              421)
        << host;
  }
  Request url = request(Method::Get, "/metrics");
  url.target = "http://evil.example/metrics";
  EXPECT_EQ(status(policy, url), 400);
}

TEST(AccessPolicy, RefusesActionsOfOtherSites) {
  const AccessPolicy policy({.listen = "127.0.0.1:1"});
  EXPECT_EQ(status(policy, action()), 0);
  EXPECT_EQ(status(policy, action({{"Origin", "http://127.0.0.1:9464"}})), 0);
  EXPECT_EQ(status(policy, action({{"Origin", "https://127.0.0.1:9464"}})), 0);  // behind a proxy
  EXPECT_EQ(status(policy, action({{"Sec-Fetch-Site", "same-origin"}})), 0);
  for (const Header& header :
       {Header{"Origin", "http://evil.example"}, Header{"Origin", "null"},
        Header{"Origin", "http://127.0.0.1:9465"}, Header{"Sec-Fetch-Site", "cross-site"},
        Header{"Sec-Fetch-Site", "same-site"}}) {
    EXPECT_EQ(status(policy, action({header})), 403) << header.name << ": " << header.value;
  }
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
                           "application/jsonp", "text/plain; application/json", ""}) {
    EXPECT_EQ(status(policy, request(Method::Post, "/api/log", {{"Content-Type", type}})), 415)
        << type;
  }
  EXPECT_EQ(status(policy, request(Method::Delete, "/api/log")), 415);
}

TEST(AccessPolicy, TellsOfWhatItRefuses) {
  std::vector<std::uint16_t> told;
  const AccessPolicy policy(
      {.listen = "127.0.0.1:1",
       .read = token(kReader),
       .on_refused = [&](const Request&, std::uint16_t code) { told.push_back(code); }});
  EXPECT_EQ(status(policy, request(Method::Get, "/metrics")), 401);
  EXPECT_EQ(status(policy, with_token(request(Method::Get, "/metrics"), kReader)), 0);
  EXPECT_EQ(status(policy, request(Method::Post, "/x", {{"Host", "evil"}})), 421);
  EXPECT_EQ(told, (std::vector<std::uint16_t>{401, 421}));
}

TEST(AccessPolicy, GuardsAServerBeforeItsRoutes) {
  AccessPolicy policy({.listen = "127.0.0.1:0", .read = token(kReader)});
  Running running({.guard = policy});
  running.start();
  const std::string host = "Host: 127.0.0.1\r\n";
  const auto ask = [&](const std::string& path, const std::string& headers) {
    HttpClient client = running.client();
    client.send("GET " + path + " HTTP/1.1\r\n" + headers + "\r\n");
    return client.receive().result_int();
  };
  EXPECT_EQ(ask("/", host), 401U);
  EXPECT_EQ(ask("/nothing/here", host), 401U)
      << "a path that is not there says no more than others";
  EXPECT_EQ(ask("/health", host), 404U);
  EXPECT_EQ(ask("/health/%2e%2e/orders/1", host), 404U);
  EXPECT_EQ(ask("/", host + "Authorization: Bearer " + kReader + "\r\n"), 200U);
  const std::string name = "Host: shop-1.internal:9464\r\n";
  EXPECT_EQ(ask("/", name), 401U);
  EXPECT_EQ(ask("/", name + "Authorization: Bearer " + kReader + "\r\n"), 200U)
      << "a scraper that knows the service by a name of its own";
}

TEST(Server, AnswersForAGuardThatThrows) {
  Running running({.guard = [](const Request&) -> std::optional<Response> {
    throw std::runtime_error("secret");
  }});
  const auto answer = running.start().client().get("/");
  EXPECT_EQ(answer.result_int(), 500U);
  EXPECT_EQ(answer.body().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace eventcore::http
