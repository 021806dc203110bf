#include "eventcore/observability/canary.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "eventcore/observability/catalogue.hpp"
#include "eventcore/projection_runner.hpp"
#include "eventcore/testing/manual_clock.hpp"
#include "eventually.hpp"
#include "fragile_store.hpp"

namespace eventcore::observability {
namespace {

using namespace std::chrono_literals;

/// A projector that wants no canary, as those of described events.
class Sales final : public EventProjector {
 public:
  explicit Sales(std::string name)
      : EventProjector(
            {.name = "sales", .instance = std::move(name), .filter = EventFilter().type("sold")}) {}

 private:
  Result<void> apply_stored(const StoredEvent&, const ProjectionContext&) override {
    ADD_FAILURE() << "a canary is no sale";
    return {};
  }
};

struct CanaryTest : ::testing::Test {
  std::unique_ptr<Canary> open(CanaryOptions options = {}) {
    options.name = "host";
    return Canary::open(store, metrics, options).value();
  }
  double failures(std::string_view stage) const {
    return metrics->registry()
        .snapshot()
        .value(catalogue::kCanaryFailuresTotal.name, {{"stage", stage}})
        .value_or(-1);
  }
  std::uint64_t visible() const {
    const auto snapshot = metrics->registry().snapshot();
    return snapshot.histogram(catalogue::kCanaryVisibleSeconds.name).count();
  }
  double last_success() const {
    return metrics->registry()
        .snapshot()
        .value(catalogue::kCanaryLastSuccessTimestampSeconds.name)
        .value_or(-1);
  }

  eventcore::testing::ManualClock clock;
  FragileStore store;
  std::shared_ptr<MetricsService> metrics =
      std::make_shared<MetricsService>(MetricsOptions{.clock = &clock});
};

TEST_F(CanaryTest, MeasuresUntilItsEventIsReadInTheLog) {
  const auto canary = open();
  clock.advance(1h);
  const auto flight = canary->fly().value();
  EXPECT_EQ(flight.position.value, 1U);
  EXPECT_EQ(flight.projection, "");
  EXPECT_EQ(visible(), 1U);
  EXPECT_DOUBLE_EQ(last_success(),
                   std::chrono::duration<double>(clock.wall().time_since_epoch()).count());
  const auto page = store.read_stream(StreamId::literal("eventcore_canary-host")).value();
  ASSERT_EQ(page.events.size(), 1U);
  EXPECT_EQ(page.events.front().type, Canary::kEventType);
}

TEST_F(CanaryTest, CountsTheStageThatFails) {
  const auto canary = open();
  const double before = last_success();
  clock.advance(1h);
  store.down = true;
  EXPECT_EQ(canary->fly().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(failures("visible"), 1);
  ASSERT_TRUE(store.close({}));
  EXPECT_EQ(canary->fly().error().code, ErrorCode::ShuttingDown);
  EXPECT_EQ(failures("append"), 1);
  EXPECT_EQ(failures("visible"), 1);
  EXPECT_EQ(visible(), 0U);
  EXPECT_EQ(last_success(), before);
}

TEST_F(CanaryTest, MeasuresOneProjectionAfterTheOther) {
  auto one = ProjectionRunner::open(store, std::make_shared<Sales>("a")).value();
  auto other = ProjectionRunner::open(store, std::make_shared<Sales>("b")).value();
  one->start();
  other->start();
  const auto canary = open({.patience = kPatience});
  canary->watch(*one);
  canary->watch(*other);
  EXPECT_EQ(canary->fly().value().projection, "sales.a");
  EXPECT_EQ(canary->fly().value().projection, "sales.b");
  EXPECT_EQ(canary->fly().value().projection, "sales.a");
  const auto snapshot = metrics->registry().snapshot();
  const auto& series = snapshot.find(catalogue::kCanaryProjectedSeconds.name)->series;
  ASSERT_EQ(series.size(), 2U);
  EXPECT_EQ(series[0].histogram->count() + series[1].histogram->count(), 3U);
}

TEST_F(CanaryTest, IsSeenAllTheSameWhenAProjectionDoesNotRun) {
  const auto idle = ProjectionRunner::open(store, std::make_shared<Sales>("idle")).value();
  const auto canary = open({.period = 1ms});  // it waits no longer for a projection
  canary->watch(*idle);
  EXPECT_FALSE(canary->fly());
  EXPECT_EQ(failures("projected"), 1);
  EXPECT_EQ(visible(), 1U);
}

TEST_F(CanaryTest, FliesEveryPeriodUntilItIsStopped) {
  const auto canary = open({.period = 1ms});
  canary->start();
  EXPECT_TRUE(eventually([&] { return store.head().value >= 3; }));
  canary->stop();
  const Position head = store.head();
  EXPECT_EQ(visible(), head.value);
  canary->stop();
  EXPECT_EQ(store.head(), head);
}

TEST_F(CanaryTest, FliesOnBesideAProjectionThatDoesNotRun) {
  const auto idle = ProjectionRunner::open(store, std::make_shared<Sales>("idle")).value();
  const auto canary = open({.period = 1ms, .patience = 24h});
  canary->watch(*idle);
  canary->start();
  EXPECT_TRUE(eventually([&] { return visible() >= 3; }));
}

TEST_F(CanaryTest, StopsBesideAProjectionThatDoesNotRun) {
  const auto idle = ProjectionRunner::open(store, std::make_shared<Sales>("idle")).value();
  const auto canary = open({.period = 24h, .patience = 24h});
  canary->watch(*idle);
  canary->start();
  EXPECT_TRUE(eventually([&] { return visible() == 1; }));
  canary->stop();
  EXPECT_EQ(failures("projected"), 0) << "nobody waited to the end";
}

TEST_F(CanaryTest, IsTheOnlyOneOfItsMetrics) {
  auto canary = open();
  EXPECT_EQ(Canary::open(store, metrics).error().code, ErrorCode::InvalidArgument);
  canary.reset();
  EXPECT_TRUE(Canary::open(store, metrics));
  EXPECT_EQ(Canary::open(store, metrics, {.period = 0s}).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace eventcore::observability
