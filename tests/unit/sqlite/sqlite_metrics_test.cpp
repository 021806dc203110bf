// Everything that an instrumented store on a file and some commands show on one page.

#include <gmock/gmock.h>

#include <memory>
#include <set>
#include <string>
#include <variant>

#include "eventcore/json.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/observability/instrumented_command_executor.hpp"
#include "eventcore/observability/instrumented_event_store.hpp"
#include "sqlite_fixture.hpp"

namespace eventcore::sqlite {
namespace {

namespace catalogue = observability::catalogue;
using observability::MetricDescription;

struct Received {
  std::int64_t pieces = 0;
  static constexpr auto describe() {
    return describe_event("received", 1, field("pieces", &Received::pieces));
  }
};
struct Product {
  using Events = std::variant<Received>;
  static void apply(Product&, const Events&, const EventInfo&) {}
};
struct Receive {
  static constexpr std::string_view name = "receive";
  using Event = std::variant<Received>;
  std::int64_t pieces = 0;

  static StreamId product() { return StreamId::literal("product-1"); }
  auto reads() const { return eventcore::reads(stream<Product>(product())); }
  Decision handle(const Product&, Emitter<Event>& emit) const {
    if (pieces < 0) return fail("negative");
    emit(product(), Received{pieces});
    return accept();
  }
};

class SqliteMetrics : public SqliteFile {
 protected:
  SqliteMetrics() {
    SqliteStoreOptions watched = options();
    watched.probe = metrics;
    store = std::make_unique<observability::InstrumentedEventStore>(open(watched), metrics);
    // Some families are of measured commands only.
    executor = std::make_unique<observability::InstrumentedCommandExecutor>(
        *store, metrics, CommandExecutorOptions{.phase_timing = PhaseTiming::Always});
  }
  double value(const MetricDescription& metric,
               observability::MetricsSnapshot::Labels labels = {}) const {
    return metrics->registry().snapshot().value(metric.name, labels).value_or(-1);
  }

  std::shared_ptr<observability::MetricsService> metrics =
      std::make_shared<observability::MetricsService>(
          observability::MetricsOptions{.hot_stream_interval = 1});
  std::unique_ptr<EventStore> store;
  std::unique_ptr<CommandExecutor> executor;
};

TEST_F(SqliteMetrics, ThePageHasEveryFamilyThatUsersRelyOn) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(executor->execute(Receive{i}));
  ASSERT_FALSE(executor->execute(Receive{-1}));
  metrics->record_projection_event("sales", std::chrono::seconds(2));
  const std::string page = metrics->export_metrics().body;
  for (const std::string_view sample :
       {"eventcore_commands_total{command_type=\"receive\"} 4\n",
        "eventcore_command_duration_seconds_count{command_type=\"receive\"} 4\n",
        "eventcore_command_errors_total{command_type=\"receive\"} 1\n",
        "eventcore_events_written_total{category=\"product\"} 3\n",
        "eventcore_event_store_latency_seconds_count{operation=\"write\"} 4\n",
        "eventcore_active_streams 1\n", "eventcore_stream_versions{stream_id=\"product-1\"} 3\n",
        "eventcore_projection_events_processed_total{projection_name=\"sales\"} 1\n",
        "eventcore_projection_lag_seconds{projection_name=\"sales\"} 2\n",
        "eventcore_memory_usage_bytes ", "eventcore_connection_pool_size{pool=\"readers\"} 1\n",
        "eventcore_connection_pool_max_size{pool=\"readers\"} 1\n"}) {
    EXPECT_THAT(page, ::testing::HasSubstr("\n" + std::string(sample)));
  }
}

TEST_F(SqliteMetrics, LeavesNoFamilyWithoutAValueButThoseThatNeedOthers) {
  ASSERT_TRUE(executor->execute(Receive{1}));
  ASSERT_TRUE(store->read(LogQuery{}));
  for (const CareTask task : {CareTask::Backup, CareTask::Verify}) {
    ASSERT_TRUE(store->administration().record_care(task, {.time = system_clock().wall()}));
  }
  const auto snapshot = metrics->registry().snapshot();
  // There is no projection, no server and no PostgreSQL here, and nobody was in another's way.
  const std::set<std::string_view> elsewhere = {
      catalogue::kHttpRequestsTotal.name, catalogue::kHealthStatus.name,
      catalogue::kCommandConflictsTotal.name, catalogue::kStoreBlockingTransactionAgeSeconds.name};
  for (const MetricDescription* metric : catalogue::kMetrics) {
    const auto* family = snapshot.find(metric->name);
    if (family == nullptr) continue;  // of other components, see Catalogue
    const bool is_elsewhere =
        elsewhere.contains(metric->name) || metric->name.starts_with("eventcore_projection_");
    EXPECT_EQ(family->series.empty(), is_elsewhere) << metric->name;
  }
}

TEST_F(SqliteMetrics, FollowsStoreReadersAndDisk) {
  ASSERT_TRUE(executor->execute(Receive{1}));
  ASSERT_TRUE(store->read(LogQuery{}));
  EXPECT_EQ(value(catalogue::kStoreEvents), 1);
  EXPECT_EQ(value(catalogue::kStoreStreams), 1);
  EXPECT_GT(value(catalogue::kStoreLastAppendTimestampSeconds), 1.6e9);
  EXPECT_GT(value(catalogue::kStoreSizeBytes), 4'096);
  EXPECT_GT(value(catalogue::kStoreDiskFreeBytes), 0);
  EXPECT_GT(value(catalogue::kStoreDiskSizeBytes), value(catalogue::kStoreDiskFreeBytes));
  const auto pool = [&](const MetricDescription& metric) {
    return metrics->registry().snapshot().histogram(metric.name, {{"pool", "readers"}});
  };
  EXPECT_EQ(pool(catalogue::kConnectionPoolCreateSeconds).count(), 1U);
  EXPECT_EQ(pool(catalogue::kConnectionPoolUseSeconds).count(), 1U);
  EXPECT_EQ(pool(catalogue::kConnectionPoolWaitSeconds).count(), 1U);
  EXPECT_GT(value(catalogue::kStoreRecentMaxSeconds, {{"operation", "write"}}), 0);
  EXPECT_GT(value(catalogue::kStoreRecentMaxSeconds, {{"operation", "read_all"}}), 0);

  ASSERT_TRUE(store->close({}));
  EXPECT_EQ(value(catalogue::kStoreEvents), 1) << "a closed store still knows";
  executor.reset();
  store.reset();
  EXPECT_EQ(value(catalogue::kStoreEvents), -1);
  EXPECT_EQ(value(catalogue::kConnectionPoolSize, {{"pool", "readers"}}), -1);
}

}  // namespace
}  // namespace eventcore::sqlite
