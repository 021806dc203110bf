#include "eventcore/http_endpoints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "eventcore/testing/manual_clock.hpp"
#include "http_client.hpp"

namespace eventcore::http {
namespace {

using namespace std::chrono_literals;

TEST(HealthChecks, WithoutAnyPass) {
  const HealthChecks health;
  EXPECT_EQ(health.all().status, 200);
  EXPECT_EQ(health.all().content_type, "application/health+json");
  EXPECT_EQ(health.all().body, "{\"status\": \"pass\", \"checks\": {}}\n");
}

TEST(HealthChecks, AnswerForTheirScopeWithTheWorst) {
  HealthChecks health;
  health.add("loop", {.live = true, .ready = true}, [] { return HealthResult{}; });
  health.add("lag", {.ready = true}, [] {
    return HealthResult{HealthStatus::Warn, "30 s behind"};
  });
  health.add("store", {.startup = true},
             []() -> HealthResult { throw std::runtime_error("file is \"gone\""); });
  EXPECT_EQ(health.live().body,
            "{\"status\": \"pass\", \"checks\": {\"loop\": [{\"status\": \"pass\"}]}}\n");
  EXPECT_EQ(health.ready().status, 200);
  EXPECT_EQ(health.ready().body,
            "{\"status\": \"warn\", \"checks\": {\"loop\": [{\"status\": \"pass\"}], \"lag\": "
            "[{\"status\": \"warn\", \"output\": \"30 s behind\"}]}}\n");
  EXPECT_EQ(health.startup().status, 503);
  EXPECT_EQ(health.startup().body,
            "{\"status\": \"fail\", \"checks\": {\"store\": [{\"status\": \"fail\", \"output\": "
            "\"file is \\\"gone\\\"\"}]}}\n");
  EXPECT_EQ(health.all().status, 503);
}

TEST(HealthChecks, RunAgainWhenTheirResultIsOld) {
  eventcore::testing::ManualClock clock;
  HealthChecks health(1s, clock);
  int runs = 0;
  health.add("store", {}, [&] {
    ++runs;
    return HealthResult{};
  });
  EXPECT_EQ(health.all().status, 200);
  clock.advance(999ms);
  EXPECT_EQ(health.all().status, 200);
  EXPECT_EQ(runs, 1);
  clock.advance(1ms);
  EXPECT_EQ(health.all().status, 200);
  EXPECT_EQ(runs, 2);
}

TEST(Endpoints, AreServed) {
  HealthChecks health;
  health.add("store", {.ready = true}, [] { return HealthResult{HealthStatus::Fail, "down"}; });
  Server server({});
  mount_endpoints(server, {.metrics =
                               [](const Request&) {
                                 return Response{200, "text/plain; version=0.0.4", "up 1\n", {}};
                               },
                           .health = &health});
  ASSERT_TRUE(server.start());
  HttpClient client(server.port());
  EXPECT_EQ(client.get("/metrics").body(), "up 1\n");
  EXPECT_EQ(client.get("/health").result_int(), 503U);
  EXPECT_EQ(client.get("/health/live").result_int(), 200U);
  EXPECT_EQ(client.get("/health/ready").result_int(), 503U);
  const HttpClient::Message startup = client.get("/health/startup");
  EXPECT_EQ(startup.result_int(), 200U);
  EXPECT_EQ(startup["Cache-Control"], "no-store");
}

}  // namespace
}  // namespace eventcore::http
