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
