#include "eventcore/observability/metric_family.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "eventcore/observability/metric_registry.hpp"
#include "labelled_metrics.hpp"

namespace eventcore::observability {

namespace {

constexpr LabelDescription kQueueLabels[] = {{"queue"}, label_of<Color>};
constexpr MetricDescription kQueue{
    .name = "shop_queue", .kind = MetricKind::Gauge, .labels = kQueueLabels, .help = "Queues."};

constexpr std::string_view kOverflow = "eventcore_metrics_label_overflow_total";
constexpr std::string_view kUsed = "eventcore_metrics_family_used_ratio";

TEST(Family, HasEverySeriesFromTheStart) {
  MetricRegistry registry;
  const auto shirts = registry.add<Family<Counter, Color, Size>>(kShirts).value();
  shirts.at(Color::Green, Size::Medium).add(7);
  shirts.at(Color::Red, Size::Large).add(3);
  const MetricsSnapshot snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.find("shop_shirts_total")->series.size(), 6U);
  const auto count = [&](std::string_view color, std::string_view size) {
    return snapshot.value("shop_shirts_total", {{"size", size}, {"color", color}});
  };
  EXPECT_EQ(count("green", "medium"), 7);
  EXPECT_EQ(count("red", "large"), 3);
  EXPECT_EQ(count("red", "small"), 0);
}

TEST(DynamicFamily, KeepsWhatIsAskedForByValue) {
  MetricRegistry registry;
  const auto requests = registry.add<DynamicFamily<Counter, 2>>(kRequests).value();
  EXPECT_TRUE(registry.snapshot().find("shop_requests_total")->series.empty());
  requests.with("GET", "/orders/{id}").increment();
  requests.with(std::string("GET"), "/orders/{id}").increment();
  EXPECT_EQ(registry.snapshot().value("shop_requests_total",
                                      {{"method", "GET"}, {"endpoint", "/orders/{id}"}}),
            2);
}

TEST(DynamicFamily, SendsWhatIsPastALimitToTheOverflowSeries) {
  MetricRegistry registry;
  const auto requests = registry.add<DynamicFamily<Counter, 2>>(kRequests).value();
  for (const std::string_view method : {"GET", "PUT", "X1", "X2"}) {
    requests.with(method, "/").increment();
  }
  const MetricsSnapshot snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.find("shop_requests_total")->series.size(), 3U);
  EXPECT_EQ(snapshot.value("shop_requests_total", {{"method", "PUT"}, {"endpoint", "/"}}), 1);
  EXPECT_EQ(snapshot.value("shop_requests_total", {{"method", "__overflow__"}, {"endpoint", "/"}}),
            2);
  EXPECT_EQ(snapshot.value(kOverflow, {{"family", "shop_requests_total"}}), 2);
}

TEST(DynamicFamily, TellsWhatShareOfItsLimitIsUsed) {
  constexpr static LabelDescription labels[] = {{"a", {}, 4}, {"b", {}, 10'000}};
  MetricRegistry registry;
  const auto family =
      registry
          .add<DynamicFamily<Gauge, 2>>(
              {.name = "shop_used", .kind = MetricKind::Gauge, .labels = labels, .help = "Used."})
          .value();
  const auto used = [&] { return registry.snapshot().value(kUsed, {{"family", "shop_used"}}); };
  EXPECT_EQ(used(), 0);
  {
    const auto first = family.bind("a", "1");
    EXPECT_EQ(used(), 0.25);
    const auto second = family.bind("b", "1");
    EXPECT_EQ(used(), 0.5);
  }
  EXPECT_EQ(used(), 0) << "it is forgotten with its series";
  for (int i = 0; i < 1'500; ++i) family.with("a", std::to_string(i)).set(1);
  EXPECT_EQ(used(), 0.75) << "of the series";
  for (const std::string_view a : {"b", "c", "d", "e", "f"}) family.with(a, "1").set(1);
  EXPECT_EQ(used(), 1);
}

TEST(DynamicFamily, BoundsItsSeriesAndTheLengthOfValues) {
  MetricRegistry registry;
  const auto requests = registry.add<DynamicFamily<Counter, 2>>(kRequests).value();
  const std::string longest(kLabelValueBytes, 'x');
  requests.with("GET", longest).increment();
  requests.with("GET", longest + "x").increment();
  const MetricsSnapshot snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.value("shop_requests_total", {{"method", "GET"}, {"endpoint", longest}}), 1);
  EXPECT_EQ(
      snapshot.value("shop_requests_total", {{"method", "GET"}, {"endpoint", "__overflow__"}}), 1);

  constexpr static LabelDescription wide[] = {{"a", {}, 10'000}};
  const auto many =
      registry
          .add<DynamicFamily<Counter, 1>>({.name = "many_total", .labels = wide, .help = "Many."})
          .value();
  for (std::size_t i = 0; i < kFamilySeriesMax + 5; ++i) many.with(std::to_string(i)).increment();
  EXPECT_EQ(registry.snapshot().find("many_total")->series.size(), kFamilySeriesMax + 1);
  EXPECT_EQ(registry.snapshot().value("many_total", {{"a", "__overflow__"}}), 5);
}

TEST(DynamicFamily, ReplacesWhatIsNotUtf8) {
  MetricRegistry registry;
  const auto requests = registry.add<DynamicFamily<Counter, 2>>(kRequests).value();
  requests.with("GET", "/caf\xe9").increment();
  EXPECT_EQ(
      registry.snapshot().value("shop_requests_total", {{"method", "GET"}, {"endpoint", "/caf?"}}),
      1);
}

TEST(DynamicFamily, HasARowOfFixedLabelsForEachValue) {
  MetricRegistry registry;
  const auto queues = registry.add<DynamicFamily<Gauge, 1, Color>>(kQueue).value();
  queues.with("a").at(Color::Green).set(5);
  EXPECT_EQ(registry.snapshot().value("shop_queue", {{"queue", "a"}, {"color", "green"}}), 5);
  EXPECT_EQ(registry.snapshot().value("shop_queue", {{"queue", "a"}, {"color", "red"}}), 0);
}

TEST(Bound, KeepsItsSeriesAsLongAsAnyOfThemLives) {
  MetricRegistry registry;
  const auto queues = registry.add<DynamicFamily<Gauge, 1, Color>>(kQueue).value();
  const auto series = [&] { return registry.snapshot().find("shop_queue")->series.size(); };
  {
    auto first = queues.bind("a");
    first->at(Color::Red).set(1);
    {
      const auto second = queues.bind("a");
      second->at(Color::Red).add(1);
    }
    const auto moved = std::move(first);
    EXPECT_EQ(registry.snapshot().value("shop_queue", {{"queue", "a"}, {"color", "red"}}), 2);
  }
  EXPECT_EQ(series(), 0U);
  const auto fresh = queues.bind("a");
  EXPECT_EQ(registry.snapshot().value("shop_queue", {{"queue", "a"}, {"color", "red"}}), 0);
}

TEST(Bound, MakesRoomUnderTheLimitWhenItGoes) {
  MetricRegistry registry;
  const auto requests = registry.add<DynamicFamily<Counter, 2>>(kRequests).value();
  for (int i = 0; i < 10; ++i) {
    const auto bound = requests.bind(std::to_string(i), "/");
    bound->increment();
  }
  EXPECT_EQ(registry.snapshot().value(kOverflow, {{"family", "shop_requests_total"}}), 0);
}

template <class T>
concept BindsTo =
    requires(const DynamicFamily<Counter, 1>& family, const T& value) { family.bind(value); };

TEST(DynamicFamily, TakesNoStreamId) {
  static_assert(BindsTo<std::string> && BindsTo<const char*> && BindsTo<std::string_view>);
  static_assert(!BindsTo<StreamId>);
  static_assert(!BindsTo<int>);
}

}  // namespace
}  // namespace eventcore::observability
