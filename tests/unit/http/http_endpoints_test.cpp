#include "eventcore/http_endpoints.hpp"

#include <gtest/gtest.h>

#include "http_client.hpp"

namespace eventcore::http {
namespace {

TEST(Endpoints, AreServed) {
  HealthChecks health;
  health.add({.name = "store", .scope = {.ready = true}, .run = [] {
                return HealthResult{.status = HealthStatus::Fail};
              }});
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
