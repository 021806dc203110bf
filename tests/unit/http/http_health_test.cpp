#include "eventcore/http_health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <limits>
#include <stdexcept>
#include <thread>

#include "eventcore/testing/manual_clock.hpp"

namespace eventcore::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kTime[] = "\"time\": \"[0-9-]+T[0-9:.]+Z\"";

HealthCheck check(std::string name, HealthScope scope, std::function<HealthResult()> run) {
  return {.name = std::move(name), .scope = scope, .run = std::move(run)};
}

HealthResult pass() { return {}; }

/// Waits until `condition` holds; false if it does not in time.
template <class Condition>
bool eventually(Condition condition) {
  const Instant give_up = system_clock().now() + 20s;
  while (!condition()) {
    if (system_clock().now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(HealthChecks, WithoutAnyPass) {
  const HealthChecks health;
  EXPECT_EQ(health.all().status, 200);
  EXPECT_EQ(health.all().content_type, "application/health+json");
  EXPECT_EQ(health.all().body, "{\"status\": \"pass\", \"checks\": {}}\n");
}

TEST(HealthChecks, AnswerForTheirScopeWithTheWorst) {
  HealthChecks health;
  health.add(check("loop", {.live = true, .ready = true}, pass));
  health.add(check("lag", {.ready = true}, [] {
    return HealthResult{.status = HealthStatus::Warn, .output = "30 s behind"};
  }));
  health.add(check("store", {.startup = true},
                   []() -> HealthResult { throw std::runtime_error("file is \"gone\""); }));
  EXPECT_EQ(health.live().status, 200);
  EXPECT_THAT(health.live().body,
              MatchesRegex(std::string("\\{\"status\": \"pass\", \"checks\": \\{\"loop\": "
                                       "\\[\\{\"status\": \"pass\", ") +
                           kTime + "\\}\\]\\}\\}\n"));
  EXPECT_EQ(health.ready().status, 200);
  EXPECT_THAT(health.ready().body, HasSubstr("{\"status\": \"warn\", \"checks\""));
  EXPECT_THAT(health.ready().body, HasSubstr("\"output\": \"30 s behind\""));
  EXPECT_THAT(health.ready().body, Not(HasSubstr("store")));
  EXPECT_EQ(health.startup().status, 503);
  EXPECT_THAT(health.startup().body, HasSubstr("\"output\": \"file is \\\"gone\\\"\""));
  EXPECT_EQ(health.all().status, 503);
}

TEST(HealthChecks, TellOfTheServiceAndWhatTheyMeasured) {
  HealthChecks health({.version = "1",
                       .release_id = "1.4.2",
                       .service_id = "shop-7",
                       .description = "orders of \"the\" shop"});
  HealthCheck disk =
      check("disk:free", {}, [] { return HealthResult{.observed = 12.5, .unit = "GB"}; });
  disk.component_id = "sda1";
  disk.component_type = "system";
  health.add(std::move(disk));
  health.add(check("odd", {}, [] {
    return HealthResult{.observed = std::numeric_limits<double>::infinity(), .unit = "GB"};
  }));
  EXPECT_THAT(
      health.all().body,
      MatchesRegex(std::string("\\{\"status\": \"pass\", \"version\": \"1\", \"releaseId\": "
                               "\"1.4.2\", \"serviceId\": \"shop-7\", \"description\": "
                               "\"orders of ..the.. shop\", \"checks\": \\{"
                               "\"disk:free\": \\[\\{\"componentId\": \"sda1\", "
                               "\"componentType\": \"system\", \"observedValue\": 12.5, "
                               "\"observedUnit\": \"GB\", \"status\": \"pass\", ") +
                   kTime + "\\}\\], \"odd\": \\[\\{\"status\": \"pass\", " + kTime +
                   "\\}\\]\\}\\}\n"));
}

TEST(HealthChecks, RunAgainAndAgain) {
  HealthChecks health({.interval = 1ms});
  std::atomic<int> runs = 0;
  health.add(check("flaky", {}, [&runs] {
    return HealthResult{.status = ++runs % 2 == 0 ? HealthStatus::Pass : HealthStatus::Fail};
  }));
  EXPECT_GE(runs, 1) << "adding one waits for its first result";
  EXPECT_TRUE(eventually([&] { return health.all().status == 200; }));
  EXPECT_TRUE(eventually([&] { return health.all().status == 503; }));
  EXPECT_TRUE(eventually([&] { return health.all().status == 200; }));
}

TEST(HealthChecks, RunAtOnceWhenTold) {
  HealthChecks health({.interval = 1h});
  std::atomic<bool> is_started = false;
  health.add(check("started", {.startup = true}, [&is_started] {
    return HealthResult{.status = is_started ? HealthStatus::Pass : HealthStatus::Fail};
  }));
  EXPECT_EQ(health.startup().status, 503);
  is_started = true;
  EXPECT_EQ(health.startup().status, 503);
  health.run_now("started");
  EXPECT_EQ(health.startup().status, 200);
}

TEST(HealthChecks, CostProbesNothing) {
  HealthChecks health({.interval = 1h});
  std::atomic<int> runs = 0;
  health.add(check("store", {.ready = true}, [&runs] {
    ++runs;
    return HealthResult{};
  }));
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(health.ready().status, 200);
  EXPECT_EQ(runs, 1);
}

TEST(HealthChecks, ThatHangFailWhenTheirResultIsOld) {
  eventcore::testing::ManualClock clock;
  HealthChecks health({.interval = 1ms, .stale_after = 5s, .clock = &clock});
  std::latch hangs(1);
  std::latch leave(1);
  std::atomic<int> runs = 0;
  health.add(check("loop", {.live = true}, pass));
  health.add(check("store", {.ready = true}, [&] {
    if (++runs == 2) {
      hangs.count_down();
      leave.wait();
    }
    return HealthResult{};
  }));
  hangs.wait();
  clock.advance(5s);
  EXPECT_EQ(health.ready().status, 200);
  EXPECT_TRUE(eventually([&] { return health.live().status == 200; }));
  clock.advance(1s);
  EXPECT_EQ(health.ready().status, 503);
  EXPECT_THAT(health.ready().body, HasSubstr("\"the check hangs: its last result is 6 s old\""));
  EXPECT_TRUE(eventually([&] { return health.live().status == 200; }));
  EXPECT_EQ(health.reports().at(1).result.status, HealthStatus::Fail);
  leave.count_down();
  EXPECT_TRUE(eventually([&] { return health.ready().status == 200; }));
}

TEST(HealthChecks, FailUntilTheFirstResult) {
  std::latch leave(1);
  HealthChecks health;
  health.add(check("slow", {.startup = true}, [&] {
    leave.wait();
    return HealthResult{};
  }));  // it does not wait for ever
  EXPECT_EQ(health.startup().status, 503);
  EXPECT_THAT(health.startup().body, HasSubstr("no result yet"));
  EXPECT_THAT(health.startup().body, Not(HasSubstr("\"time\"")));
  leave.count_down();
  EXPECT_TRUE(eventually([&] { return health.startup().status == 200; }));
}

}  // namespace
}  // namespace eventcore::http
