#include "eventcore/health_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "eventcore/memory_store.hpp"

namespace eventcore::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

TEST(HealthCheck, OfReadsPassesForAStoreThatCanBeRead) {
  const auto store = open_memory_store();
  const HealthCheck check = store_reads(*store);
  EXPECT_EQ(check.name, "store:reads");
  EXPECT_EQ(check.component_id, "memory");
  EXPECT_TRUE(check.scope.ready);
  EXPECT_FALSE(check.scope.live);
  const HealthResult result = check.run();
  EXPECT_EQ(result.status, HealthStatus::Pass) << result.output;
  EXPECT_GE(result.observed.value(), 0);
  EXPECT_EQ(result.unit, "ms");
}

TEST(HealthCheck, OfAppendsPassesAndWritesNothing) {
  const auto store = open_memory_store();
  const HealthCheck check = store_appends(*store);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(check.run().status, HealthStatus::Pass);
  EXPECT_EQ(store->head(), Position{0});
}

TEST(HealthCheck, OfAStoreThatIsClosedFails) {
  const auto store = open_memory_store();
  ASSERT_TRUE(store->close({}));
  for (const HealthCheck& check : {store_reads(*store), store_appends(*store)}) {
    const HealthResult result = check.run();
    EXPECT_EQ(result.status, HealthStatus::Fail) << check.name;
    EXPECT_EQ(result.output, "shutting_down") << check.name;
  }
}

TEST(HealthCheck, OfAStoreThatIsSlowWarnsAndFails) {
  const auto store = open_memory_store();
  EXPECT_EQ(store_reads(*store, {.warn_after = 0ms}).run().status, HealthStatus::Warn);
  EXPECT_EQ(store_appends(*store, {.warn_after = 0ms}).run().status, HealthStatus::Warn);
  EXPECT_EQ(store_appends(*store, {.warn_after = 0ms, .fail_after = 0ms}).run().status,
            HealthStatus::Fail);
}

TEST(HealthCheck, OfTheSchemaPassesForAStoreOfThisLibrary) {
  const auto store = open_memory_store();
  EXPECT_EQ(store_schema(*store).run().status, HealthStatus::Pass);
}

TEST(HealthCheck, OfTheDiskTellsItsLimits) {
  const auto run = [](DiskFreeLimits limits) {
    return disk_free(std::filesystem::temp_directory_path(), limits).run();
  };
  const HealthResult good = run({.warn_bytes = 1, .fail_bytes = 1});
  EXPECT_EQ(good.status, HealthStatus::Pass);
  EXPECT_GT(good.observed.value(), 0);
  EXPECT_EQ(good.unit, "bytes");
  EXPECT_EQ(run({.warn_bytes = kHuge, .fail_bytes = 1}).status, HealthStatus::Warn);
  const HealthResult full = run({.warn_bytes = 1, .fail_bytes = kHuge});
  EXPECT_EQ(full.status, HealthStatus::Fail);
  EXPECT_THAT(full.output, HasSubstr(std::to_string(kHuge)));
  EXPECT_EQ(disk_free("/does/not/exist").run().status, HealthStatus::Fail);
}

/// Fails at each event, with words of its own.
class Broken final : public Projector {
 public:
  Broken() : Projector({.name = "broken"}) {}
  Result<void> apply(std::span<const StoredEvent>, const ProjectionContext&) override {
    return make_error(ErrorCode::HandlerFailed, "marker");
  }
};

TEST(HealthCheck, OfAProjectionWarnsWhenItStands) {
  const auto store = open_memory_store();
  const auto runner =
      ProjectionRunner::open(*store, std::make_shared<Broken>(), {.failure = {.attempts = 1}});
  ASSERT_TRUE(runner) << runner.error().message;
  const HealthCheck check = projection_runs(**runner);
  EXPECT_EQ(check.name, "projection:broken");
  EXPECT_EQ(check.run().status, HealthStatus::Pass);
  WriteBatch batch;
  batch.info.command_type = "note";
  batch.add_event(batch.add_stream(StreamId::literal("a"), ExpectedVersion::any()), "noted", 1,
                  "{}");
  ASSERT_TRUE(store->append(batch));
  (*runner)->start();
  EXPECT_FALSE((*runner)->wait_for({1}, Deadline::after(30s)));
  const HealthResult result = check.run();
  EXPECT_EQ(result.status, HealthStatus::Warn);
  EXPECT_EQ(result.output, "it is faulted behind position 0");
  EXPECT_EQ(result.observed, 1);
  EXPECT_TRUE((*runner)->stop());
}

TEST(HealthCheck, OfLeasesNamesWhatNobodyLeads) {
  const auto store = open_memory_store();
  const HealthCheck check = projections_are_led(*store, 0s);
  EXPECT_EQ(check.run().status, HealthStatus::Pass) << "there are none";
  const auto led = store->projections().acquire_lease(
      {.projection = "orders", .holder = "one", .duration = std::chrono::hours(1)});
  ASSERT_TRUE(led);
  EXPECT_EQ(check.run().status, HealthStatus::Pass);
  ASSERT_TRUE(store->projections().release_lease("orders", led->lease.token));
  const HealthResult result = check.run();
  EXPECT_EQ(result.status, HealthStatus::Warn);
  EXPECT_EQ(result.output, "nobody leads orders");
  EXPECT_EQ(result.observed, 1);
  ASSERT_TRUE(store->projections().pause("orders"));
  EXPECT_EQ(check.run().status, HealthStatus::Pass) << "which is meant to be";
}

TEST(HealthCheck, OfLossesWarnsWhileThereAreMore) {
  std::uint64_t lost = 0;
  const HealthCheck check = nothing_lost("log:records", [&] { return lost; });
  EXPECT_EQ(check.run().status, HealthStatus::Pass);
  lost = 7;
  const HealthResult result = check.run();
  EXPECT_EQ(result.status, HealthStatus::Warn);
  EXPECT_EQ(result.output, "7 more since the last look");
  EXPECT_EQ(result.observed, 7);
  EXPECT_EQ(check.run().status, HealthStatus::Pass);
}

TEST(HealthCheck, OfAServersLoopIsForLiveness) {
  Server server({});
  const HealthCheck check = server_loop(server);
  EXPECT_TRUE(check.scope.live);
  EXPECT_EQ(check.run().status, HealthStatus::Fail);
  ASSERT_TRUE(server.start());
  EXPECT_EQ(check.run().status, HealthStatus::Pass);
}

}  // namespace
}  // namespace eventcore::http
