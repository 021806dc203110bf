#include "eventcore/observability/instrumented_command_executor.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>

#include "eventcore/json.hpp"
#include "eventcore/memory_store.hpp"
#include "eventcore/observability/catalogue.hpp"
#include "eventcore/observability/instrumented_event_store.hpp"
#include "eventcore/testing/recording_probe.hpp"

namespace eventcore::observability {
namespace {

struct Reserved {
  std::int64_t pieces = 0;
  static constexpr auto describe() {
    return describe_event("reserved", 1, field("pieces", &Reserved::pieces));
  }
};

struct Stock {
  using Events = std::variant<Reserved>;
  std::int64_t reserved = 0;
  static void apply(Stock& stock, const Events& event, const EventInfo&) {
    stock.reserved += std::get<Reserved>(event).pieces;
  }
};

/// Reserves one piece of each of two products, until three are taken.
struct Reserve {
  static constexpr std::string_view name = "reserve";
  using Event = std::variant<Reserved>;
  StreamId first;
  StreamId second;

  auto reads() const { return eventcore::reads(stream<Stock>(first), stream<Stock>(second)); }

  Decision handle(const Stock& stock, const Stock&, Emitter<Event>& emit) const {
    if (stock.reserved == 3) return reject("sold_out");
    emit(first, Reserved{1});
    emit(second, Reserved{1});
    return accept();
  }
};

struct Fail {
  static constexpr std::string_view name = "fail";
  using Event = std::variant<Reserved>;
  StreamId stock;

  auto reads() const { return eventcore::reads(stream<Stock>(stock)); }
  Decision handle(const Stock&, Emitter<Event>&) const { return fail("broken"); }
};

class InstrumentedExecutor : public ::testing::Test {
 protected:
  double value(const MetricDescription& metric, MetricsSnapshot::Labels labels = {}) {
    return metrics->registry().snapshot().value(metric.name, labels).value_or(-1);
  }
  double outcomes(std::string_view type, std::string_view outcome) {
    return value(catalogue::kCommandOutcomesTotal, {{"command_type", type}, {"outcome", outcome}});
  }

  std::shared_ptr<MetricsService> metrics =
      std::make_shared<MetricsService>(MetricsOptions{.hot_stream_interval = 1});
  InstrumentedEventStore store{open_memory_store({.probe = metrics}), metrics};
  const StreamId hat = StreamId::literal("product-hat");
  const StreamId mug = StreamId::literal("product-mug");
};

TEST_F(InstrumentedExecutor, CountsEachExecutionAndEveryStreamOnce) {
  InstrumentedCommandExecutor executor(store, metrics);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(executor.execute(Reserve{hat, mug}));
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "reserve"}}), 3);
  EXPECT_EQ(value(catalogue::kEventsWrittenTotal, {{"category", "product"}}), 6);
  EXPECT_EQ(value(catalogue::kActiveStreams), 2);
  EXPECT_EQ(value(catalogue::kStreamVersions, {{"stream_id", "product-mug"}}), 3);
  EXPECT_EQ(value(catalogue::kStoreHeadPosition), 6);
  EXPECT_EQ(
      value(catalogue::kEventStoreOperationsTotal, {{"operation", "write"}, {"result", "ok"}}), 3);
}

TEST_F(InstrumentedExecutor, ARefusedOrRepeatedCommandAddsNoEvents) {
  InstrumentedCommandExecutor executor(store, metrics);
  const ExecuteOptions keyed{.idempotency_key = "first"};
  ASSERT_TRUE(executor.execute(Reserve{hat, mug}, keyed));
  const auto repeated = executor.execute(Reserve{hat, mug}, keyed);
  ASSERT_TRUE(repeated);
  EXPECT_TRUE(repeated->replayed());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(executor.execute(Reserve{hat, mug}));
  const auto refused = executor.execute(Reserve{hat, mug});
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->rejected());
  EXPECT_EQ(outcomes("reserve", "committed"), 3);
  EXPECT_EQ(outcomes("reserve", "replayed"), 1);
  EXPECT_EQ(outcomes("reserve", "rejected"), 1);
  EXPECT_EQ(value(catalogue::kCommandErrorsTotal, {{"command_type", "reserve"}}), 0);
  EXPECT_EQ(value(catalogue::kEventsWrittenTotal, {{"category", "product"}}), 6);
}

TEST_F(InstrumentedExecutor, CountsFailedExecutionsWithTheirDuration) {
  InstrumentedCommandExecutor executor(store, metrics);
  EXPECT_FALSE(executor.execute(Fail{hat}));
  EXPECT_EQ(outcomes("fail", "invalid"), 1);
  EXPECT_EQ(value(catalogue::kCommandErrorsTotal, {{"command_type", "fail"}}), 1);
  EXPECT_EQ(metrics->registry()
                .snapshot()
                .histogram(catalogue::kCommandDurationSeconds.name, {{"command_type", "fail"}})
                .count(),
            1U);
}

TEST_F(InstrumentedExecutor, CountsOnceBesideAnotherProbe) {
  const auto other = std::make_shared<eventcore::testing::RecordingProbe>();
  InstrumentedCommandExecutor both(store, metrics, {.probe = other});
  ASSERT_TRUE(both.execute(Reserve{hat, mug}));
  InstrumentedCommandExecutor same(store, metrics, {.probe = metrics});
  ASSERT_TRUE(same.execute(Reserve{hat, mug}));
  EXPECT_EQ(other->commands().size(), 1U);
  EXPECT_EQ(value(catalogue::kCommandsTotal, {{"command_type", "reserve"}}), 2);
}

}  // namespace
}  // namespace eventcore::observability
