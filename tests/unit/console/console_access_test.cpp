// Who may see what of a console.

#include <gtest/gtest.h>

#include <string>

#include "eventcore/console/console.hpp"
#include "shown_service.hpp"

namespace eventcore::console {
namespace {

constexpr const char* kReader = "5f0c1f6f3a0b4a57b8d1e2c49a7760d3";
constexpr const char* kOperator = "c1e8a2d94b7f4c1e9d3a5b60f7281e4d";

std::string bearer(const char* token) {
  return std::string("Authorization: Bearer ") + token + "\r\n";
}

http::AccessOptions with_tokens() {
  return {.listen = "0.0.0.0:1",
          .read = http::AccessToken::parse(kReader).value(),
          .operate = http::AccessToken::parse(kOperator).value()};
}

http::AccessLevel level(http::Method method, std::string path) {
  return access_level({.method = method, .target = path, .path = path});
}

TEST(ConsoleAccess, KnowsTheLevelOfEachPath) {
  using enum http::AccessLevel;
  for (const char* path : {"/", "/console/main.js", "/health", "/health/ready"}) {
    EXPECT_EQ(level(http::Method::Get, path), Open) << path;
    EXPECT_EQ(level(http::Method::Post, path), Operate) << path;
  }
  for (const char* path :
       {"/metrics", "/api/info", "/api/overview", "/api/live", "/api/history", "/api/projections",
        "/api/log", "/api/eventsx", "/nothing", "/consolex"}) {
    EXPECT_EQ(level(http::Method::Get, path), Read) << path;
  }
  for (const char* path : {"/api/events", "/api/streams", "/api/explain", "/api/commands",
                           "/api/dead-letters", "/api/events/", "/api/events/x"}) {
    EXPECT_EQ(level(http::Method::Get, path), Operate) << path;
    EXPECT_EQ(level(http::Method::Head, path), Operate) << path;
  }
  // An escape that spells a path of another level must not lower it.
  for (const char* path :
       {"/api/event%73", "/api/%65vents", "/console%2F..%2Fapi", "/%61pi/events"}) {
    EXPECT_EQ(level(http::Method::Get, path), Operate) << path;
  }
}

TEST(ConsoleAccess, ShowsNothingWithoutAToken) {
  ShownService service(with_tokens());
  service.receive("product-1", 1);
  for (const char* path :
       {"/api/info", "/api/overview", "/api/live", "/api/history", "/api/trends", "/api/commands",
        "/api/projections", "/api/dead-letters?projection=picky", "/api/streams", "/api/events",
        "/api/explain?q=1", "/api/log", "/metrics", "/api/nothing", "/api/event%73"}) {
    EXPECT_EQ(service.get(path).status, 401U) << path;
    EXPECT_EQ(service.ask("GET", path, "", bearer("5f0c1f6f3a0b4a57b8d1e2c49a7760d4")).status, 401U)
        << path;
  }
  for (const char* path :
       {"/api/log", "/api/projections/picky/pause", "/api/projections/picky/replay-dead-letters"}) {
    EXPECT_EQ(service.ask("POST", path).status, 401U) << path;
    EXPECT_EQ(service.ask("POST", path, "", bearer(kReader)).status, 403U) << path;
  }
  EXPECT_EQ(service.get("/").status, 200U) << "the page asks for the token";
}

TEST(ConsoleAccess, TellsReadersFromOperators) {
  ShownService service(with_tokens());
  service.receive("product-1", 1);
  Answer info = service.ask("GET", "/api/info", "", bearer(kReader));
  EXPECT_EQ(info.body.at("access").dump(),
            R"({"actions":false,"operate":false,"payloads":false,"read":true})");
  EXPECT_EQ(service.ask("GET", "/api/overview", "", bearer(kReader)).status, 200U);
  for (const char* path : {"/api/events", "/api/event%73", "/api/commands", "/api/explain?q=1"}) {
    EXPECT_EQ(service.ask("GET", path, "", bearer(kReader)).status, 403U) << path;
    EXPECT_EQ(service.ask("GET", path, "", bearer(kOperator)).status, 200U) << path;
  }
  info = service.ask("GET", "/api/info", "", bearer(kOperator));
  EXPECT_EQ(info.body.at("access").at("actions"), true);
  EXPECT_EQ(service.ask("POST", "/api/log", "{\"filter\":\"debug\"}", bearer(kOperator)).status,
            200U);
  EXPECT_EQ(service.filter, "debug");
}

TEST(ConsoleAccess, RefusesActionsOfOtherSites) {
  ShownService service;
  for (const char* header :
       {"Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"}) {
    EXPECT_EQ(service.ask("POST", "/api/log", "{\"filter\":\"off\"}", header).status, 403U)
        << header;
  }
  EXPECT_EQ(service.filter, "info");
  EXPECT_TRUE(service.actions.empty());
}

}  // namespace
}  // namespace eventcore::console
